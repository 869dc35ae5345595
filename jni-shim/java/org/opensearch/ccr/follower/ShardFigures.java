package org.opensearch.ccr.follower;

import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;

/**
 * How far behind one followed shard is, how fast it goes and what went wrong last; counters since its session began. Times are
 * epoch milliseconds of its node, 0 for never.
 *
 * @param lagMillis         everything that the leader had so long ago is applied; -1 before its first answer
 * @param lagOperations     operations that the leader is known to have and that are not applied
 * @param lagBytes          their plain bytes, partly estimated
 * @param operationsRate    applied in a second, over the last ten
 * @param plainRate         plain bytes received in a second
 * @param wireRate          the same as they were sent
 * @param plainBytes        bytes of operations received, unpacked
 * @param wireBytes         the same as they were sent
 * @param heldBytes         plain bytes received and not yet applied
 * @param heardAt           last answer of the leader
 * @param appliedAt         last batch applied
 * @param lastError         NONE when there was none; stays when it is over
 * @param lastErrorAt       when it happened last
 * @param lastErrorAttempts tries that failed with it in a row
 * @param lastErrorReason   for people
 */
public record ShardFigures(
    long lagMillis,
    long lagOperations,
    long lagBytes,
    double operationsRate,
    double plainRate,
    double wireRate,
    long plainBytes,
    long wireBytes,
    long heldBytes,
    long heardAt,
    long appliedAt,
    ErrorClass lastError,
    long lastErrorAt,
    int lastErrorAttempts,
    String lastErrorReason
) implements Writeable {
    public ShardFigures(StreamInput in) throws IOException {
        this(
            in.readLong(),
            in.readVLong(),
            in.readVLong(),
            in.readDouble(),
            in.readDouble(),
            in.readDouble(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readEnum(ErrorClass.class),
            in.readVLong(),
            in.readVInt(),
            in.readString()
        );
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeLong(lagMillis);
        out.writeVLong(lagOperations);
        out.writeVLong(lagBytes);
        out.writeDouble(operationsRate);
        out.writeDouble(plainRate);
        out.writeDouble(wireRate);
        out.writeVLong(plainBytes);
        out.writeVLong(wireBytes);
        out.writeVLong(heldBytes);
        out.writeVLong(heardAt);
        out.writeVLong(appliedAt);
        out.writeEnum(lastError);
        out.writeVLong(lastErrorAt);
        out.writeVInt(lastErrorAttempts);
        out.writeString(lastErrorReason);
    }
}
