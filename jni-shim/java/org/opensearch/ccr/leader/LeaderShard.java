package org.opensearch.ccr.leader;

import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.common.ShardNames;
import org.opensearch.ccr.core.NativeAnswer;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.core.NativeException;
import org.opensearch.ccr.core.NativeMethod;
import org.opensearch.ccr.core.NativeSession;
import org.opensearch.ccr.core.NativeStatus;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.util.concurrent.AbstractRunnable;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.shard.IndexShardClosedException;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;

/**
 * One shard copy that followers read from. Its native session serves one call at a time, so reads queue up here and one
 * thread of the pool answers them in order; nobody waits for a lock.
 */
final class LeaderShard {

    /** Reads that may queue up on one shard; a follower has a few in flight. */
    private static final int QUEUE_MAX = 256;
    /** Reads after which a thread goes back to the pool, so that other shards get their turn. */
    private static final int READS_IN_A_ROW = 8;

    /** Operations looked up in Lucene for one answer: it sorts the whole range again for each thousand it gives out. */
    private static final int LUCENE_OPS_MAX = 8 << 10;
    /** Their bytes, whatever a follower asks for: they are on the heap before the core sees the request. One larger operation goes alone. */
    private static final int LUCENE_BYTES_MAX = 32 << 20;

    private final IndexShard shard;
    private final NativeCore core;
    private final Executor pool;
    private final LeaderStats stats = new LeaderStats();

    // guarded by this
    private final Queue<Read> queue = new ArrayDeque<>();
    private boolean running;
    private boolean closed;

    // used by the running thread only; closed by anybody, which a session allows
    private volatile NativeSession session;
    private volatile long lastUsedNanos = System.nanoTime();

    private record Read(WireProto.ReadRequest request, ActionListener<FetchBatchResponse> listener) {}

    LeaderShard(IndexShard shard, NativeCore core, Executor pool) {
        this.shard = shard;
        this.core = core;
        this.pool = pool;
    }

    IndexShard shard() {
        return shard;
    }

    LeaderStats stats() {
        return stats;
    }

    /**
     * Why this copy must not be read from; null when it may. Another history than the follower's, or one in which the follower
     * knows more than this copy: every copy in use has all operations up to the global checkpoint, and no follower gets more, so the
     * files of this shard are older than they have been. Following on would make documents diverge in silence.
     */
    Exception refusal(WireProto.ReadRequest request) {
        String history = shard.getHistoryUUID();
        if (request.getHistoryUuid().isEmpty() == false && request.getHistoryUuid().equals(history) == false) {
            return changed("has history [" + history + "], the follower was copied from history [" + request.getHistoryUuid() + "]");
        }
        long last = shard.seqNoStats().getMaxSeqNo();
        if (request.getFromSeqNo() > last + 1) {
            return changed("has operations up to [" + last + "] only, the follower has up to [" + (request.getFromSeqNo() - 1) + "] of the"
                + " same history: the leader was set back");
        }
        return null;
    }

    private Exception changed(String how) {
        return ReplicationException.of(
            CoreProto.ErrorClass.ERROR_HISTORY_CHANGED,
            RestStatus.CONFLICT,
            "leader shard " + shard.shardId() + " " + how,
            null
        );
    }

    /** Answers from what the shard has now; an empty answer is one too. */
    void read(WireProto.ReadRequest request, ActionListener<FetchBatchResponse> listener) {
        Exception refused = null;
        boolean start = false;
        synchronized (this) {
            if (closed) {
                refused = new IndexShardClosedException(shard.shardId());
            } else if (queue.size() >= QUEUE_MAX) {
                refused = new OpenSearchRejectedExecutionException("[" + QUEUE_MAX + "] reads wait for shard " + shard.shardId());
            } else {
                queue.add(new Read(request, listener));
                start = running == false;
                running = true;
            }
        }
        if (refused != null) {
            listener.onFailure(refused);
        } else if (start) {
            schedule();
        }
    }

    /** Fails whatever waits and ends the session; a read that is running ends by itself. */
    void close() {
        synchronized (this) {
            closed = true;
        }
        failQueued(new IndexShardClosedException(shard.shardId()));
        endSession();
    }

    /** Lets files and memory of the core go when nobody has read for so long. The next read opens them again. */
    void closeIdleSession(long idleNanos) {
        synchronized (this) {
            if (running || System.nanoTime() - lastUsedNanos < idleNanos) {
                return;
            }
        }
        endSession();
    }

    private void schedule() {
        try {
            pool.execute(new Drain());
        } catch (Exception e) {
            failQueued(e);
        }
    }

    private final class Drain extends AbstractRunnable {
        @Override
        protected void doRun() {
            for (int i = 0; i < READS_IN_A_ROW; i++) {
                Read read = next();
                if (read == null) {
                    return;
                }
                answer(read);
            }
            schedule();
        }

        @Override
        public void onFailure(Exception e) {
            failQueued(e);
        }
    }

    /** The next read; null, and the thread is no longer running, when there is none. */
    private synchronized Read next() {
        Read read = queue.poll();
        if (read == null) {
            running = false;
        }
        return read;
    }

    private void failQueued(Exception e) {
        for (Read read = next(); read != null; read = next()) {
            read.listener().onFailure(e);
        }
    }

    private void answer(Read read) {
        FetchBatchResponse response;
        try {
            response = new FetchBatchResponse(read(read.request()));
        } catch (Exception e) {
            read.listener().onFailure(e);
            return;
        }
        read.listener().onResponse(response);
    }

    private BytesReference read(WireProto.ReadRequest request) throws IOException {
        long started = System.nanoTime();
        lastUsedNanos = started;
        CoreProto.LeaderRead read = CoreProto.LeaderRead.newBuilder().setRequest(request).setState(state()).build();
        boolean lucene = shard.indexSettings().isRemoteStoreEnabled();
        NativeAnswer<CoreProto.BatchSummary> batch = lucene ? null : readTranslog(read);
        if (batch == null) {
            lucene = true;
            batch = readLucene(read);
        }
        stats.read(lucene, batch.envelope(), System.nanoTime() - started, System.currentTimeMillis());
        return batch.payload();
    }

    /**
     * The order matters: no operation at or below the checkpoint was made with a later limit or needs later metadata than
     * what is read after it. The index settings have new metadata before the mapper does, so before any operation.
     */
    private CoreProto.LeaderState state() {
        CoreProto.LeaderState.Builder state = CoreProto.LeaderState.newBuilder();
        state.setGlobalCheckpoint(shard.getLastKnownGlobalCheckpoint());
        state.setMaxSeqNoOfUpdates(shard.getMaxSeqNoOfUpdatesOrDeletes());
        IndexMetadata metadata = shard.indexSettings().getIndexMetadata();
        state.setMappingVersion(metadata.getMappingVersion());
        state.setSettingsVersion(metadata.getSettingsVersion());
        state.setAliasesVersion(metadata.getAliasesVersion());
        return state.build();
    }

    /** Null when Lucene has to be asked. */
    private NativeAnswer<CoreProto.BatchSummary> readTranslog(CoreProto.LeaderRead read) {
        try {
            return session().call(NativeMethod.LEADER_READ, read, null, CoreProto.BatchSummary.parser());
        } catch (NativeException e) {
            NativeStatus status = e.nativeStatus();
            if (status == NativeStatus.GONE || status == NativeStatus.CORRUPT_TLOG || status == NativeStatus.VERSION) {
                return null;
            }
            if (status == NativeStatus.BROKEN) {
                endSession();
            }
            throw e;
        }
    }

    private NativeAnswer<CoreProto.BatchSummary> readLucene(CoreProto.LeaderRead read) throws IOException {
        WireProto.ReadRequest request = read.getRequest();
        long from = request.getFromSeqNo();
        long to = Math.min(read.getState().getGlobalCheckpoint(), from + Math.clamp(request.getMaxOps(), 1, LUCENE_OPS_MAX) - 1);
        if (request.getLastSeqNo() >= 0) {
            to = Math.min(to, request.getLastSeqNo());
        }
        BytesReference ops = from > to ? BytesArray.EMPTY
            : LuceneHistory.read(shard, from, to, Math.clamp(request.getMaxBytes(), 1, LUCENE_BYTES_MAX));
        return session().call(NativeMethod.LEADER_PACK, read, ops, CoreProto.BatchSummary.parser());
    }

    private NativeSession session() {
        NativeSession current = session;
        if (current == null || current.isClosed()) {
            CoreProto.LeaderOpen open = CoreProto.LeaderOpen.newBuilder()
                .setTranslogPath(shard.shardPath().resolveTranslog().toString())
                .setHistoryUuid(shard.getHistoryUUID())
                .setShard(ShardNames.of(shard.shardId()))
                .build();
            current = core.openLeader(open);
            session = current;
            if (isClosed()) {
                endSession();
            }
        }
        return current;
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private void endSession() {
        NativeSession current = session;
        session = null;
        if (current != null) {
            current.close();
        }
    }
}
