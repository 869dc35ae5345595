package org.opensearch.ccr.stats;

import org.opensearch.ccr.follower.ShardStatus;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;

/**
 * What a followed shard has done since its task began, or the sum over several.
 *
 * @param index             follower index; of a sum, whatever it is about
 * @param throttledReads    reads that had to wait for memory of this node or were refused by an overloaded leader
 * @param throttledWrites   applies that an overloaded node refused
 * @param writeMillis       spent applying
 */
record FollowerCounts(
    String index,
    long written,
    long read,
    long failedReads,
    long throttledReads,
    long failedWrites,
    long throttledWrites,
    long followerCheckpoint,
    long leaderCheckpoint,
    long writeMillis
) implements Writeable {

    static final FollowerCounts NONE = new FollowerCounts("", 0, 0, 0, 0, 0, 0, 0, 0, 0);

    static FollowerCounts of(ShardStatus status) {
        return new FollowerCounts(
            status.followerShard().getIndexName(),
            status.operationsWritten(),
            status.operationsRead(),
            status.failedReads(),
            status.throttledReads(),
            status.failedWrites(),
            status.throttledWrites(),
            status.followerCheckpoint(),
            status.leaderCheckpoint(),
            status.writeMillis()
        );
    }

    FollowerCounts(StreamInput in) throws IOException {
        this(
            in.readString(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readLong()
        );
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(index);
        out.writeLong(written);
        out.writeLong(read);
        out.writeLong(failedReads);
        out.writeLong(throttledReads);
        out.writeLong(failedWrites);
        out.writeLong(throttledWrites);
        out.writeLong(followerCheckpoint);
        out.writeLong(leaderCheckpoint);
        out.writeLong(writeMillis);
    }

    FollowerCounts plus(FollowerCounts other) {
        return new FollowerCounts(
            index,
            written + other.written,
            read + other.read,
            failedReads + other.failedReads,
            throttledReads + other.throttledReads,
            failedWrites + other.failedWrites,
            throttledWrites + other.throttledWrites,
            followerCheckpoint + other.followerCheckpoint,
            leaderCheckpoint + other.leaderCheckpoint,
            writeMillis + other.writeMillis
        );
    }

    void fields(XContentBuilder builder) throws IOException {
        builder.field("operations_written", written);
        builder.field("operations_read", read);
        builder.field("failed_read_requests", failedReads);
        builder.field("throttled_read_requests", throttledReads);
        builder.field("failed_write_requests", failedWrites);
        builder.field("throttled_write_requests", throttledWrites);
        builder.field("follower_checkpoint", followerCheckpoint);
        builder.field("leader_checkpoint", leaderCheckpoint);
        builder.field("total_write_time_millis", writeMillis);
    }
}
