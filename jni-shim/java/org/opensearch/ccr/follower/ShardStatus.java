package org.opensearch.ccr.follower;

import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.proto.CoreProto.FollowerState;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.index.shard.ShardId;

import java.io.IOException;

/**
 * One followed shard as its node sees it now.
 *
 * @param followerShard      the shard
 * @param state              of the state machine
 * @param error              the one that is being waited out, or that ended the session; NONE when all is well
 * @param attempts           consecutive failed tries
 * @param sinceMillis        when the state or the error began, epoch milliseconds
 * @param reason             for people; empty when all is well
 * @param leaderCheckpoint   last known global checkpoint of the leader, -1 for none
 * @param followerCheckpoint last synced global checkpoint of the follower, -1 for none
 * @param seqNo              local checkpoint of the follower primary + 1
 * @param operationsRead     operations fetched since the session began
 * @param operationsWritten  operations applied since the session began
 * @param failedReads        fetches that failed
 * @param failedWrites       applies that failed
 * @param throttledReads     fetches that had to wait for bytes of the node-wide budget
 * @param throttledWrites    applies that failed because a node was overloaded
 * @param writeMillis        time spent applying
 * @param figures            what is beyond the API contract
 */
public record ShardStatus(
    ShardId followerShard,
    FollowerState state,
    ErrorClass error,
    int attempts,
    long sinceMillis,
    String reason,
    long leaderCheckpoint,
    long followerCheckpoint,
    long seqNo,
    long operationsRead,
    long operationsWritten,
    long failedReads,
    long failedWrites,
    long throttledReads,
    long throttledWrites,
    long writeMillis,
    ShardFigures figures
) implements Writeable {

    /** Whether the session came to an end that nobody had asked for: it needs another bootstrap, or a person. */
    public boolean gaveUp() {
        return gaveUp(state);
    }

    /** As {@link #gaveUp()}, for a state alone. One that this build does not know is taken to go on. */
    static boolean gaveUp(FollowerState state) {
        return switch (state) {
            case STATE_BOOTSTRAP_NEEDED, STATE_FAILED, STATE_BROKEN -> true;
            case STATE_NEW, STATE_FOLLOWING, STATE_BACKING_OFF, STATE_DRAINING, STATE_STOPPED, UNRECOGNIZED -> false;
        };
    }

    public ShardStatus(StreamInput in) throws IOException {
        this(
            new ShardId(in),
            in.readEnum(FollowerState.class),
            in.readEnum(ErrorClass.class),
            in.readVInt(),
            in.readLong(),
            in.readString(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            new ShardFigures(in)
        );
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        followerShard.writeTo(out);
        out.writeEnum(state);
        out.writeEnum(error);
        out.writeVInt(attempts);
        out.writeLong(sinceMillis);
        out.writeString(reason);
        out.writeLong(leaderCheckpoint);
        out.writeLong(followerCheckpoint);
        out.writeLong(seqNo);
        out.writeVLong(operationsRead);
        out.writeVLong(operationsWritten);
        out.writeVLong(failedReads);
        out.writeVLong(failedWrites);
        out.writeVLong(throttledReads);
        out.writeVLong(throttledWrites);
        out.writeVLong(writeMillis);
        figures.writeTo(out);
    }
}
