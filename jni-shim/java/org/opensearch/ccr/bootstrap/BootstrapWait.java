package org.opensearch.ccr.bootstrap;

import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;

/**
 * What the copy of a shard waits for.
 *
 * @param error       class of the last failure
 * @param sinceMillis the first of these failures in a row, epoch milliseconds
 * @param attempts    how many there were
 * @param reason      for people
 */
public record BootstrapWait(ErrorClass error, long sinceMillis, int attempts, String reason) implements Writeable {

    public BootstrapWait(StreamInput in) throws IOException {
        this(in.readEnum(ErrorClass.class), in.readLong(), in.readVInt(), in.readString());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeEnum(error);
        out.writeLong(sinceMillis);
        out.writeVInt(attempts);
        out.writeString(reason);
    }

    /** The next failure in a row. */
    static BootstrapWait after(BootstrapWait last, ErrorClass error, String reason) {
        long since = last == null ? System.currentTimeMillis() : last.sinceMillis;
        return new BootstrapWait(error, since, last == null ? 1 : last.attempts + 1, reason);
    }
}
