package org.opensearch.ccr.leader;

import org.opensearch.ccr.proto.CoreProto;

import java.util.concurrent.atomic.LongAdder;

/** What followers have read from one shard copy since it is on this node. Written by one reader at a time, read by anybody. */
public final class LeaderStats {

    private final LongAdder reads = new LongAdder();
    private final LongAdder packedBytes = new LongAdder();
    private final Source translog = new Source();
    private final Source lucene = new Source();
    private volatile long lastReadMillis;

    /** Operations that came from one place. */
    static final class Source {
        private final LongAdder operations = new LongAdder();
        private final LongAdder bytes = new LongAdder();
        private final LongAdder nanos = new LongAdder();
    }

    /**
     * One place's share.
     *
     * @param bytes plain bytes of the operations
     * @param nanos spent on reading and packing
     */
    public record Totals(long operations, long bytes, long nanos) {}

    void read(boolean fromLucene, CoreProto.BatchSummary batch, long nanos, long nowMillis) {
        Source source = fromLucene ? lucene : translog;
        source.operations.add(batch.getOps());
        source.bytes.add(batch.getRawBytes());
        source.nanos.add(nanos);
        reads.increment();
        packedBytes.add(batch.getPackedBytes());
        lastReadMillis = nowMillis;
    }

    public Totals translog() {
        return totals(translog);
    }

    public Totals lucene() {
        return totals(lucene);
    }

    /** Answers given, empty ones too. */
    public long reads() {
        return reads.sum();
    }

    /** Bytes of operations as they were sent. */
    public long packedBytes() {
        return packedBytes.sum();
    }

    /** Wall clock of the last answer; 0 when there was none. */
    public long lastReadMillis() {
        return lastReadMillis;
    }

    private static Totals totals(Source source) {
        return new Totals(source.operations.sum(), source.bytes.sum(), source.nanos.sum());
    }
}
