package org.opensearch.ccr.leader;

import org.opensearch.action.support.ContextPreservingActionListener;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.index.shard.GlobalCheckpointListeners;
import org.opensearch.index.shard.IndexEventListener;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.shard.IndexShardClosedException;
import org.opensearch.index.shard.IndexShardNotStartedException;
import org.opensearch.index.shard.IndexShardState;
import org.opensearch.threadpool.ThreadPool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** The shard copies of this node that followers read from, and the polls that wait on them. A waiting poll holds no thread. */
public final class LeaderShards implements IndexEventListener {

    /** Polls that may wait on one node. A follower has one for each shard that is idle. */
    private static final int PARKED_MAX = 20_000;
    private static final TimeValue WAIT_MAX = TimeValue.timeValueMinutes(5);
    private static final TimeValue IDLE = TimeValue.timeValueMinutes(5);

    private final NativeCore core;
    private final ThreadPool threadPool;
    private final Executor pool;
    private final Map<ShardId, LeaderShard> shards = new ConcurrentHashMap<>();
    private final AtomicInteger parked = new AtomicInteger();

    public LeaderShards(NativeCore core, ThreadPool threadPool) {
        this.core = core;
        this.threadPool = threadPool;
        this.pool = threadPool.executor(LeaderSide.POOL);
        threadPool.scheduleWithFixedDelay(this::closeIdleSessions, TimeValue.timeValueMinutes(1), ThreadPool.Names.GENERIC);
    }

    /**
     * Answers a read, at once or when the operation it begins with has come or its patience is over. Never blocks.
     * A shard that closes meanwhile fails it with {@link IndexShardClosedException}; too many waiting polls with a rejection.
     */
    void read(IndexShard shard, WireProto.ReadRequest read, ActionListener<FetchBatchResponse> listener) {
        IndexShardState state = shard.state();
        if (state != IndexShardState.STARTED && state != IndexShardState.POST_RECOVERY) {
            listener.onFailure(new IndexShardNotStartedException(shard.shardId(), state));
            return;
        }
        LeaderShard leader = of(shard);
        // answered by a thread that works for somebody else
        ActionListener<FetchBatchResponse> answer = ContextPreservingActionListener.wrapPreservingContext(
            listener,
            threadPool.getThreadContext()
        );
        if (read.getWaitMs() == 0 || shard.getLastKnownGlobalCheckpoint() >= read.getFromSeqNo()) {
            leader.read(read, answer);
        } else if (parked.incrementAndGet() > PARKED_MAX) {
            parked.decrementAndGet();
            listener.onFailure(new OpenSearchRejectedExecutionException("[" + PARKED_MAX + "] polls of followers wait on this node"));
        } else {
            park(leader, read, answer);
        }
    }

    /** Statistics of every shard copy that was read since it is here. */
    public Map<ShardId, LeaderStats> stats() {
        Map<ShardId, LeaderStats> stats = new HashMap<>();
        shards.forEach((id, leader) -> stats.put(id, leader.stats()));
        return stats;
    }

    /** The same, to be sent. */
    public List<LeaderFigures> figures() {
        List<LeaderFigures> figures = new ArrayList<>();
        stats().forEach((shard, stats) -> figures.add(LeaderFigures.of(shard, stats)));
        return figures;
    }

    /** Polls that wait at this moment. */
    public int parked() {
        return parked.get();
    }

    @Override
    public void beforeIndexShardClosed(ShardId shardId, IndexShard shard, Settings indexSettings) {
        LeaderShard leader = shards.get(shardId);
        if (leader != null && leader.shard() == shard && shards.remove(shardId, leader)) {
            leader.close();
        }
    }

    private void park(LeaderShard leader, WireProto.ReadRequest read, ActionListener<FetchBatchResponse> listener) {
        GlobalCheckpointListeners.GlobalCheckpointListener arrival = new GlobalCheckpointListeners.GlobalCheckpointListener() {
            @Override
            public Executor executor() {
                return Runnable::run; // only queues the read; runs where the checkpoint moved, so it must not throw or wait
            }

            @Override
            public void accept(long globalCheckpoint, Exception e) {
                parked.decrementAndGet();
                if (e == null || e instanceof TimeoutException) {
                    leader.read(read, listener);
                } else {
                    listener.onFailure(e);
                }
            }
        };
        long wait = Math.min(Integer.toUnsignedLong(read.getWaitMs()), WAIT_MAX.millis());
        leader.shard().addGlobalCheckpointListener(read.getFromSeqNo(), arrival, TimeValue.timeValueMillis(wait));
    }

    private LeaderShard of(IndexShard shard) {
        LeaderShard leader = shards.compute(shard.shardId(), (id, known) -> {
            if (known != null && known.shard() == shard) {
                return known;
            }
            if (known != null) {
                known.close();
            }
            return new LeaderShard(shard, core, pool);
        });
        if (shard.state() == IndexShardState.CLOSED) {
            // it may have been closed before it stood in the map, and then nobody else takes it out
            beforeIndexShardClosed(shard.shardId(), shard, Settings.EMPTY);
            throw new IndexShardClosedException(shard.shardId());
        }
        return leader;
    }

    private void closeIdleSessions() {
        shards.values().forEach(leader -> leader.closeIdleSession(IDLE.nanos()));
    }
}
