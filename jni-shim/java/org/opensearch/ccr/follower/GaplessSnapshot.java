package org.opensearch.ccr.follower;

import org.opensearch.index.translog.Translog;

import java.io.IOException;

/**
 * Lucene's history, by ascending sequence number, with a no-op for each operation that is not in it.
 *
 * <p>With segment replication core leaves an operation out of Lucene that comes after a later one on the same document
 * ({@code IndexingStrategyPlanner.planOperationAsNonPrimary}), as happens when a promoted replica replays its translog. A replica
 * that recovers counts what it is sent, and would wait for the missing number for ever. A no-op is what that operation has come
 * to: the segments, which that replica copies, hold the later one.
 */
final class GaplessSnapshot implements Translog.Snapshot {
    private static final String REASON = "superseded";

    private final Translog.Snapshot lucene;
    private final int missing;
    private final long last;
    private final long term;
    private long next;
    private Translog.Operation ahead;

    /**
     * @param from    from here on Lucene keeps what it is given
     * @param last    up to here everything has been processed, so what {@code lucene} lacks will never be in it
     * @param missing how many there are, for the total alone
     * @param term    primary term of the no-ops
     */
    GaplessSnapshot(Translog.Snapshot lucene, long from, long last, int missing, long term) {
        this.lucene = lucene;
        this.next = from;
        this.last = last;
        this.missing = missing;
        this.term = term;
    }

    @Override
    public int totalOperations() {
        return lucene.totalOperations() + missing;
    }

    @Override
    public int skippedOperations() {
        return lucene.skippedOperations();
    }

    @Override
    public Translog.Operation next() throws IOException {
        if (ahead == null) {
            ahead = lucene.next();
        }
        if (next <= last && (ahead == null || ahead.seqNo() > next)) {
            return new Translog.NoOp(next++, term, REASON);
        }
        Translog.Operation op = ahead;
        ahead = null;
        if (op != null) {
            next = Math.max(next, op.seqNo() + 1);
        }
        return op;
    }

    @Override
    public void close() throws IOException {
        lucene.close();
    }
}
