package org.opensearch.ccr.status;

import org.opensearch.ccr.bootstrap.BootstrapWait;
import org.opensearch.ccr.follower.ShardStatus;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.indices.recovery.RecoveryState;

import java.io.IOException;

/**
 * One follower primary as its node sees it: being copied, or following.
 *
 * @param shard   the follower shard
 * @param node    name of the node
 * @param restore how far the copy is, null when it is over
 * @param syncing checkpoints, null while it is copied
 * @param follow  what the shard's task says, null when it is not running there
 * @param copy    the bootstrap that made this copy, null when it was opened from its own disk since
 * @param waits   what the bootstrap waits for, null when it goes on or is over
 */
public record ShardView(
    ShardId shard,
    String node,
    Restore restore,
    Syncing syncing,
    ShardStatus follow,
    ShardCopy copy,
    BootstrapWait waits
) implements Writeable {

    /** Checkpoints are -1 for a shard without operations. */
    record Syncing(long leaderCheckpoint, long followerCheckpoint, long seqNo) {

        Syncing plus(Syncing other) {
            return new Syncing(
                leaderCheckpoint + other.leaderCheckpoint,
                followerCheckpoint + other.followerCheckpoint,
                seqNo + other.seqNo
            );
        }

        void toXContent(XContentBuilder builder, String name) throws IOException {
            builder.startObject(name);
            builder.field("leader_checkpoint", leaderCheckpoint);
            builder.field("follower_checkpoint", followerCheckpoint);
            builder.field("seq_no", seqNo);
            builder.endObject();
        }
    }

    /** Bytes, files, epoch milliseconds and milliseconds. */
    record Restore(
        long bytesTotal,
        long bytesRecovered,
        float bytesPercent,
        int filesTotal,
        int filesRecovered,
        float filesPercent,
        long startTime,
        long runningTime
    ) {
        static Restore of(RecoveryState state) {
            return new Restore(
                state.getIndex().totalBytes(),
                state.getIndex().recoveredBytes(),
                state.getIndex().recoveredBytesPercent(),
                state.getIndex().totalFileCount(),
                state.getIndex().recoveredFileCount(),
                state.getIndex().recoveredFilesPercent(),
                state.getTimer().startTime(),
                state.getTimer().time()
            );
        }

        void toXContent(XContentBuilder builder, String name) throws IOException {
            builder.startObject(name);
            builder.field("bytes_total", bytesTotal);
            builder.field("bytes_recovered", bytesRecovered);
            builder.field("bytes_percent", bytesPercent);
            builder.field("files_total", filesTotal);
            builder.field("files_recovered", filesRecovered);
            builder.field("files_percent", filesPercent);
            builder.field("start_time", startTime);
            builder.field("running_time", runningTime);
            builder.endObject();
        }
    }

    ShardView(StreamInput in) throws IOException {
        this(
            new ShardId(in),
            in.readString(),
            readRestore(in),
            readSyncing(in),
            in.readOptionalWriteable(ShardStatus::new),
            in.readOptionalWriteable(ShardCopy::new),
            in.readOptionalWriteable(BootstrapWait::new)
        );
    }

    private static Restore readRestore(StreamInput in) throws IOException {
        if (in.readBoolean() == false) {
            return null;
        }
        return new Restore(
            in.readLong(),
            in.readLong(),
            in.readFloat(),
            in.readInt(),
            in.readInt(),
            in.readFloat(),
            in.readLong(),
            in.readLong()
        );
    }

    private static Syncing readSyncing(StreamInput in) throws IOException {
        return in.readBoolean() ? new Syncing(in.readLong(), in.readLong(), in.readLong()) : null;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        shard.writeTo(out);
        out.writeString(node);
        out.writeBoolean(restore != null);
        if (restore != null) {
            out.writeLong(restore.bytesTotal);
            out.writeLong(restore.bytesRecovered);
            out.writeFloat(restore.bytesPercent);
            out.writeInt(restore.filesTotal);
            out.writeInt(restore.filesRecovered);
            out.writeFloat(restore.filesPercent);
            out.writeLong(restore.startTime);
            out.writeLong(restore.runningTime);
        }
        out.writeBoolean(syncing != null);
        if (syncing != null) {
            out.writeLong(syncing.leaderCheckpoint);
            out.writeLong(syncing.followerCheckpoint);
            out.writeLong(syncing.seqNo);
        }
        out.writeOptionalWriteable(follow);
        out.writeOptionalWriteable(copy);
        out.writeOptionalWriteable(waits);
    }
}
