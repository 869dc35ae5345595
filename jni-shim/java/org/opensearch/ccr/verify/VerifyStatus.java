package org.opensearch.ccr.verify;

import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.tasks.Task;

import java.io.IOException;
import java.util.List;

/** How far a comparison is, as the task API shows it. */
public record VerifyStatus(List<ShardResult> shards) implements Task.Status {

    private static final String NAME = "replication_verify";

    public VerifyStatus(StreamInput in) throws IOException {
        this(in.readList(ShardResult::new));
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeList(shards);
    }

    /** For {@code Plugin.getNamedWriteables}. */
    public static List<NamedWriteableRegistry.Entry> namedWriteables() {
        return List.of(new NamedWriteableRegistry.Entry(Task.Status.class, NAME, VerifyStatus::new));
    }

    @Override
    public String getWriteableName() {
        return NAME;
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        return builder.startObject().field("shards", shards).endObject();
    }
}
