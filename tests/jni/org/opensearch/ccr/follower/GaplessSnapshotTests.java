package org.opensearch.ccr.follower;

import org.junit.jupiter.api.Test;
import org.opensearch.index.translog.Translog;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** No-ops stand where Lucene will never have an operation, and nowhere else. */
final class GaplessSnapshotTests {

    private static final class Lucene implements Translog.Snapshot {
        private final Iterator<Translog.Operation> ops;
        private final int total;
        private boolean closed;

        Lucene(long... seqNos) {
            List<Translog.Operation> list = new ArrayList<>();
            LongStream.of(seqNos).forEach(seqNo -> list.add(new Translog.Delete("id", seqNo, 2, 1)));
            this.ops = list.iterator();
            this.total = list.size();
        }

        @Override
        public int totalOperations() {
            return total;
        }

        @Override
        public Translog.Operation next() {
            return ops.hasNext() ? ops.next() : null;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    /** What comes out, as {@code 3} for Lucene's own and {@code -3} for a no-op in its place. */
    private static List<Long> read(Lucene lucene, long from, long last) throws IOException {
        List<Long> out = new ArrayList<>();
        try (GaplessSnapshot all = new GaplessSnapshot(lucene, from, last, 0, 7)) {
            for (Translog.Operation op = all.next(); op != null; op = all.next()) {
                boolean made = op instanceof Translog.NoOp;
                assertEquals(made ? 7 : 2, op.primaryTerm());
                out.add(made ? -op.seqNo() : op.seqNo());
            }
        }
        assertTrue(lucene.closed);
        return out;
    }

    @Test
    void gapsAtTheFrontInTheMiddleAndAtTheEndAreFilled() throws IOException {
        assertEquals(List.of(-1L, 2L, -3L, -4L, 5L, -6L), read(new Lucene(2, 5), 1, 6));
        assertEquals(List.of(-1L, -2L), read(new Lucene(), 1, 2));
    }

    @Test
    void whatIsStillOnItsWayIsNotReplaced() throws IOException {
        assertEquals(List.of(1L, -2L, 3L, 6L, 9L), read(new Lucene(1, 3, 6, 9), 1, 3));
    }

    @Test
    void whatLuceneNeedNotKeepIsNotReplaced() throws IOException {
        assertEquals(List.of(1L, 3L, -6L, 7L), read(new Lucene(1, 3, 7), 6, 7));
    }

    @Test
    void theTotalCountsBoth() throws IOException {
        try (GaplessSnapshot all = new GaplessSnapshot(new Lucene(1, 3), 1, 3, 1, 7)) {
            assertEquals(3, all.totalOperations());
        }
    }
}
