package org.opensearch.ccr.bulk;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.tasks.Task;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How far a bulk task has come. Each index is counted in exactly one of the four numbers.
 *
 * @param startMillis epoch milliseconds
 * @param failures    with their reasons; at most {@link #FAILURES_MAX} are kept
 */
public record BulkProgress(
    String operationType,
    String pattern,
    long startMillis,
    int success,
    int failed,
    int pending,
    int cancelled,
    List<Failure> failures
) implements Task.Status {

    static final String NAME = "bulk_replication";
    /** They are kept in the cluster state, too. */
    static final int FAILURES_MAX = 500;

    private static final String NODE_GONE = "The node that worked on this task is gone. Call it again: what is done already is left as it is.";

    /** An index and why nothing came of it. */
    public record Failure(String index, String reason) implements Writeable {
        Failure(StreamInput in) throws IOException {
            this(in.readString(), in.readString());
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeString(index);
            out.writeString(reason);
        }
    }

    public BulkProgress {
        failures = List.copyOf(failures);
    }

    public BulkProgress(StreamInput in) throws IOException {
        this(
            in.readString(),
            in.readString(),
            in.readLong(),
            in.readVInt(),
            in.readVInt(),
            in.readVInt(),
            in.readVInt(),
            in.readList(Failure::new)
        );
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(operationType);
        out.writeString(pattern);
        out.writeLong(startMillis);
        out.writeVInt(success);
        out.writeVInt(failed);
        out.writeVInt(pending);
        out.writeVInt(cancelled);
        out.writeList(failures);
    }

    /** The same numbers, with the reasons of these indices only. */
    BulkProgress limited(Set<String> seen) {
        List<Failure> told = failures.stream().filter(failure -> seen.contains(failure.index) || failure.reason.equals(NODE_GONE)).toList();
        return new BulkProgress(operationType, pattern, startMillis, success, failed, pending, cancelled, told);
    }

    /** What is left of a task whose node is gone: nobody brings it to its end, and it says so. */
    BulkProgress abandoned() {
        List<Failure> told = new ArrayList<>(failures);
        if (pending > 0) {
            told.add(new Failure(pattern, NODE_GONE));
        }
        return new BulkProgress(operationType, pattern, startMillis, success, failed, 0, cancelled + pending, told);
    }

    /** The fields of the contract, without the braces around them. */
    void fields(XContentBuilder builder) throws IOException {
        builder.field("operation_type", operationType);
        builder.field("pattern", pattern);
        builder.field("start_time", startMillis);
        builder.field("num_success", success);
        builder.field("num_failed", failed);
        builder.field("num_pending", pending);
        builder.field("num_cancelled", cancelled);
        builder.startArray("failed_indices");
        for (Failure failure : failures) {
            builder.startObject();
            builder.field("index", failure.index);
            builder.field("failure_reason", failure.reason);
            builder.endObject();
        }
        builder.endArray();
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject();
        fields(builder);
        return builder.endObject();
    }

    @Override
    public String getWriteableName() {
        return NAME;
    }
}
