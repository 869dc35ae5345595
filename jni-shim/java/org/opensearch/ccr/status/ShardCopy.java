package org.opensearch.ccr.status;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.indices.recovery.RecoveryState;

import java.io.IOException;

/**
 * The bootstrap of one shard, going on or over.
 *
 * @param bytesTotal     of the files that had to be copied
 * @param bytesRecovered of them here
 * @param wireBytes      of the chunks as they were sent
 * @param millis         since it began, or that it took
 * @param done           every file is here and checked
 */
record ShardCopy(long bytesTotal, long bytesRecovered, long wireBytes, long millis, boolean done) implements Writeable {

    static ShardCopy of(RecoveryState state, long wireBytes) {
        return new ShardCopy(
            state.getIndex().totalRecoverBytes(),
            state.getIndex().recoveredBytes(),
            wireBytes,
            state.getTimer().time(),
            state.getStage() == RecoveryState.Stage.DONE
        );
    }

    ShardCopy(StreamInput in) throws IOException {
        this(in.readVLong(), in.readVLong(), in.readVLong(), in.readVLong(), in.readBoolean());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeVLong(bytesTotal);
        out.writeVLong(bytesRecovered);
        out.writeVLong(wireBytes);
        out.writeVLong(millis);
        out.writeBoolean(done);
    }

    /** Bytes in a second, over the whole copy. */
    double rate() {
        return bytesRecovered * 1000.0 / Math.max(1, millis);
    }

    /** Milliseconds to go at that rate, 0 when it is over; -1 while there is none. */
    long etaMillis() {
        if (done || bytesTotal <= bytesRecovered) {
            return 0;
        }
        return bytesRecovered == 0 ? -1 : (long) ((bytesTotal - bytesRecovered) * 1000.0 / rate());
    }

    /** Both together: they run side by side. */
    ShardCopy plus(ShardCopy other) {
        return new ShardCopy(
            bytesTotal + other.bytesTotal,
            bytesRecovered + other.bytesRecovered,
            wireBytes + other.wireBytes,
            Math.max(millis, other.millis),
            done && other.done
        );
    }
}
