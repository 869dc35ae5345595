package org.opensearch.ccr.leader;

import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.core.PlainOperations;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.index.engine.MissingHistoryOperationsException;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.translog.Translog;

import java.io.IOException;

/** Operations that the translog does not hold any more, read from Lucene, where retention leases keep them. */
final class LuceneHistory {

    private LuceneHistory() {}

    /**
     * Reads operations in the layout of a batch: u32 big-endian length, body as the translog writes it; ascending, gapless.
     *
     * @param to       last operation that may be read, inclusive, at most the global checkpoint
     * @param maxBytes where to stop; a single larger operation passes alone
     * @throws org.opensearch.OpenSearchException of class HISTORY_GONE when {@code from} is not there
     */
    static BytesReference read(IndexShard shard, long from, long to, int maxBytes) throws IOException {
        BytesStreamOutput out = new BytesStreamOutput();
        long next = from;
        try (Translog.Snapshot snapshot = shard.newChangesSnapshot("ccr", from, to, true, false)) {
            for (Translog.Operation op = snapshot.next(); op != null; op = snapshot.next()) {
                long start = out.position();
                if (op.seqNo() != next || PlainOperations.append(out, op) > maxBytes && next > from) {
                    out.seek(start);
                    break;
                }
                next++;
                if (out.position() >= maxBytes) {
                    break;
                }
            }
        } catch (MissingHistoryOperationsException e) {
            if (next == from) {
                throw gone(shard, from, e);
            }
        }
        if (next == from) {
            throw gone(shard, from, null);
        }
        return out.bytes();
    }

    private static RuntimeException gone(IndexShard shard, long from, Exception cause) {
        return ReplicationException.of(
            CoreProto.ErrorClass.ERROR_HISTORY_GONE,
            RestStatus.GONE,
            "leader shard " + shard.shardId() + " no longer has operation [" + from + "]",
            cause
        );
    }
}
