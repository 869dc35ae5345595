package org.opensearch.ccr.verify;

import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.List;

/** What a comparison came to. */
public final class VerifyResponse extends ActionResponse implements ToXContentObject {

    private final String follower;
    private final String leader;
    private final List<ShardResult> shards;
    private final List<Difference> differences;
    private final String resume;

    /** @param resume null when every shard was compared to its end */
    VerifyResponse(String follower, String leader, List<ShardResult> shards, List<Difference> differences, String resume) {
        this.follower = follower;
        this.leader = leader;
        this.shards = shards;
        this.differences = differences;
        this.resume = resume;
    }

    public VerifyResponse(StreamInput in) throws IOException {
        super(in);
        follower = in.readString();
        leader = in.readString();
        shards = in.readList(ShardResult::new);
        differences = in.readList(Difference::new);
        resume = in.readOptionalString();
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(follower);
        out.writeString(leader);
        out.writeList(shards);
        out.writeList(differences);
        out.writeOptionalString(resume);
    }

    private String result() {
        if (differences.isEmpty() == false) {
            return "different";
        }
        return resume == null ? "equal" : "incomplete";
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject();
        builder.field("follower_index", follower);
        builder.field("leader", leader);
        builder.field("result", result());
        builder.field("complete", resume == null);
        builder.field("documents", shards.stream().mapToLong(ShardResult::documents).sum());
        builder.field("bytes_read", shards.stream().mapToLong(ShardResult::bytes).sum());
        builder.field("shards", shards);
        builder.field("differences", differences);
        if (resume != null) {
            builder.field("resume", resume);
        }
        return builder.endObject();
    }
}
