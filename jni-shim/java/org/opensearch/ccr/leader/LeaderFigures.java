package org.opensearch.ccr.leader;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.index.shard.ShardId;

import java.io.IOException;

/**
 * What followers have read from one shard copy since it is on its node.
 *
 * @param shard          of the leader index
 * @param answers        given, empty ones too
 * @param translog       operations that came from its files
 * @param lucene         operations that came from its index
 * @param wireBytes      of operations as they were sent
 * @param lastReadMillis epoch milliseconds, 0 for never
 */
public record LeaderFigures(
    ShardId shard,
    long answers,
    LeaderStats.Totals translog,
    LeaderStats.Totals lucene,
    long wireBytes,
    long lastReadMillis
) implements Writeable {

    static LeaderFigures of(ShardId shard, LeaderStats stats) {
        return new LeaderFigures(shard, stats.reads(), stats.translog(), stats.lucene(), stats.packedBytes(), stats.lastReadMillis());
    }

    public LeaderFigures(StreamInput in) throws IOException {
        this(new ShardId(in), in.readVLong(), totals(in), totals(in), in.readVLong(), in.readVLong());
    }

    private static LeaderStats.Totals totals(StreamInput in) throws IOException {
        return new LeaderStats.Totals(in.readVLong(), in.readVLong(), in.readVLong());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        shard.writeTo(out);
        out.writeVLong(answers);
        for (LeaderStats.Totals source : new LeaderStats.Totals[] { translog, lucene }) {
            out.writeVLong(source.operations());
            out.writeVLong(source.bytes());
            out.writeVLong(source.nanos());
        }
        out.writeVLong(wireBytes);
        out.writeVLong(lastReadMillis);
    }
}
