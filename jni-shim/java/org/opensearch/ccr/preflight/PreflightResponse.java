package org.opensearch.ccr.preflight;

import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;

/** Every check with its verdict; the worst one is that of all. */
public final class PreflightResponse extends ActionResponse implements ToXContentObject {

    private final String follower;
    private final String alias;
    private final String leader;
    private final List<Check> checks;

    public PreflightResponse(String follower, String alias, String leader, List<Check> checks) {
        this.follower = follower;
        this.alias = alias;
        this.leader = leader;
        this.checks = List.copyOf(checks);
    }

    public PreflightResponse(StreamInput in) throws IOException {
        super(in);
        follower = in.readString();
        alias = in.readString();
        leader = in.readString();
        checks = in.readList(Check::new);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(follower);
        out.writeString(alias);
        out.writeString(leader);
        out.writeList(checks);
    }

    /** A check that was left out says nothing of its own. */
    private Check.Verdict verdict() {
        return checks.stream()
            .map(Check::verdict)
            .filter(verdict -> verdict != Check.Verdict.SKIPPED)
            .max(Comparator.naturalOrder())
            .orElse(Check.Verdict.OK);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject();
        builder.field("follower_index", follower);
        builder.field("leader_alias", alias);
        builder.field("leader_index", leader);
        builder.field("verdict", Check.word(verdict()));
        builder.field("checks", checks);
        return builder.endObject();
    }
}
