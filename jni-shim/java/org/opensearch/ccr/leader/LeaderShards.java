package org.opensearch.ccr.leader;

import org.apache.lucene.store.AlreadyClosedException;
import org.opensearch.action.support.ContextPreservingActionListener;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterStateListener;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.index.shard.GlobalCheckpointListeners;
import org.opensearch.index.shard.IllegalIndexShardStateException;
import org.opensearch.index.shard.IndexEventListener;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.shard.IndexShardClosedException;
import org.opensearch.index.shard.IndexShardNotStartedException;
import org.opensearch.index.shard.IndexShardState;
import org.opensearch.index.translog.Translog;
import org.opensearch.threadpool.ThreadPool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The shard copies of this node that followers read from, and the polls that wait on them. A waiting poll holds no thread. It ends
 * with the operation it waits for, with its patience, or when the index's metadata is newer than what its follower knows.
 */
public final class LeaderShards implements IndexEventListener, ClusterStateListener {

    /** Polls that may wait on one node. A follower has one for each shard that is idle. */
    private static final int PARKED_MAX = 20_000;
    /** Polls of one shard copy: one for each follower, and those that followers have given up since. */
    private static final int SHARD_PARKED_MAX = 256;
    private static final TimeValue WAIT_MAX = TimeValue.timeValueMinutes(5);
    /** A poll that has waited as long as it may is followed by the next one within a round trip. */
    private static final TimeValue ANSWER_GRACE = TimeValue.timeValueSeconds(30);
    private static final TimeValue IDLE = TimeValue.timeValueMinutes(5);
    private static final TimeValue ASYNC_CHECKPOINTS = TimeValue.timeValueSeconds(1);

    private final NativeCore core;
    private final ThreadPool threadPool;
    private final Executor pool;
    private final Map<ShardId, LeaderShard> shards = new ConcurrentHashMap<>();
    private final Map<ShardId, Set<Poll>> polls = new ConcurrentHashMap<>();
    private final PollSeats seats = new PollSeats(PARKED_MAX, SHARD_PARKED_MAX);

    public LeaderShards(NativeCore core, ThreadPool threadPool, ClusterService clusterService) {
        this.core = core;
        this.threadPool = threadPool;
        this.pool = new LeaderPool(clusterService, threadPool);
        clusterService.addListener(this);
        threadPool.scheduleWithFixedDelay(this::closeIdleSessions, TimeValue.timeValueMinutes(1), ThreadPool.Names.GENERIC);
        threadPool.scheduleWithFixedDelay(this::bringAsyncCheckpoints, ASYNC_CHECKPOINTS, ThreadPool.Names.GENERIC);
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
        Exception refused = leader.refusal(read);
        if (refused != null) {
            listener.onFailure(refused);
        } else if (read.getWaitMs() == 0 || shard.getLastKnownGlobalCheckpoint() >= read.getFromSeqNo()) {
            leader.read(read, answer);
        } else {
            OpenSearchRejectedExecutionException full = seats.take(shard.shardId());
            if (full == null) {
                park(leader, read, answer);
            } else {
                listener.onFailure(full);
            }
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

    /**
     * A shard copy that a follower reads at present.
     *
     * @param translogBytes of its translog on disk
     */
    public record Followed(String index, LeaderStats stats, long translogBytes) {}

    /** The copies that were read within the longest wait of a poll and have a follower's lease. */
    public List<Followed> followed() {
        long since = System.currentTimeMillis() - WAIT_MAX.millis() - ANSWER_GRACE.millis();
        List<Followed> followed = new ArrayList<>();
        for (LeaderShard leader : shards.values()) {
            IndexShard shard = leader.shard();
            try {
                if (leader.stats().lastReadMillis() >= since && hasLease(shard)) {
                    followed.add(new Followed(shard.shardId().getIndexName(), leader.stats(), translogBytes(shard)));
                }
            } catch (AlreadyClosedException e) {
                continue; // it is closing: nobody reads it any more
            }
        }
        return followed;
    }

    private static boolean hasLease(IndexShard shard) {
        return shard.getRetentionLeases().leases().stream().anyMatch(lease -> lease.id().startsWith(LeaderLeases.PREFIX));
    }

    private static long translogBytes(IndexShard shard) {
        return shard.translogStats().getTranslogSizeInBytes();
    }

    /** Polls that wait at this moment. */
    public int parked() {
        return seats.taken();
    }

    @Override
    public void beforeIndexShardClosed(ShardId shardId, IndexShard shard, Settings indexSettings) {
        LeaderShard leader = shards.get(shardId);
        if (leader != null && leader.shard() == shard && shards.remove(shardId, leader)) {
            leader.close();
        }
    }

    /** Until now the shard was not closed, so that it may have come to stand here again. */
    @Override
    public void afterIndexShardClosed(ShardId shardId, IndexShard shard, Settings indexSettings) {
        beforeIndexShardClosed(shardId, shard, indexSettings);
    }

    private void park(LeaderShard leader, WireProto.ReadRequest read, ActionListener<FetchBatchResponse> listener) {
        Poll poll = new Poll(leader, read, listener);
        polls.compute(leader.shard().shardId(), (id, waiting) -> {
            Set<Poll> all = waiting == null ? ConcurrentHashMap.newKeySet() : waiting;
            all.add(poll);
            return all;
        });
        long wait = Math.min(Integer.toUnsignedLong(read.getWaitMs()), WAIT_MAX.millis());
        try {
            leader.shard().addGlobalCheckpointListener(read.getFromSeqNo(), poll, TimeValue.timeValueMillis(wait));
        } catch (RuntimeException e) {
            poll.accept(-1, e);
        }
        // Only now: what changed before it stood among the waiting ones has woken nobody.
        poll.look(leader.shard().indexSettings().getIndexMetadata());
    }

    /** A poll that waits, for whichever comes first. Called where a checkpoint moved or a state was applied: only queues the read. */
    private final class Poll implements GlobalCheckpointListeners.GlobalCheckpointListener {
        private final LeaderShard leader;
        private final WireProto.ReadRequest read;
        private final ActionListener<FetchBatchResponse> listener;
        private final AtomicBoolean ended = new AtomicBoolean();

        Poll(LeaderShard leader, WireProto.ReadRequest read, ActionListener<FetchBatchResponse> listener) {
            this.leader = leader;
            this.read = read;
            this.listener = listener;
        }

        @Override
        public Executor executor() {
            return Runnable::run;
        }

        @Override
        public void accept(long globalCheckpoint, Exception e) {
            if (ended.compareAndSet(false, true) == false) {
                return;
            }
            seats.give(leader.shard().shardId());
            polls.computeIfPresent(leader.shard().shardId(), (id, waiting) -> {
                waiting.remove(this);
                return waiting.isEmpty() ? null : waiting;
            });
            if (e == null || e instanceof TimeoutException) {
                leader.read(read, listener);
            } else {
                listener.onFailure(e);
            }
        }

        /** Ends when the follower has not heard of this yet. */
        void look(IndexMetadata now) {
            boolean asks = read.getMappingVersion() != 0 || read.getSettingsVersion() != 0 || read.getAliasesVersion() != 0;
            if (asks
                && (now.getMappingVersion() > read.getMappingVersion()
                    || now.getSettingsVersion() > read.getSettingsVersion()
                    || now.getAliasesVersion() > read.getAliasesVersion())) {
                accept(-1, null);
            }
        }
    }

    /** The shards' own view of their metadata is as new by now. */
    @Override
    public void clusterChanged(ClusterChangedEvent event) {
        if (polls.isEmpty() || event.metadataChanged() == false) {
            return;
        }
        polls.forEach((shard, waiting) -> {
            IndexMetadata now = event.state().metadata().index(shard.getIndex());
            if (now != null && now != event.previousState().metadata().index(shard.getIndex())) {
                waiting.forEach(poll -> poll.look(now));
            }
        });
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

    /**
     * What asynchronous durability has brought to disk becomes part of the global checkpoint with the next write, or with core's own
     * synchronisation every 30 s: followers of an index that has come to rest would wait for that. Core does nothing when nothing
     * is missing, and writes nothing to disk for it.
     */
    private void bringAsyncCheckpoints() {
        for (LeaderShard leader : shards.values()) {
            IndexShard shard = leader.shard();
            try {
                if (isAsync(shard) && shard.routingEntry().primary() && hasLease(shard)) {
                    shard.maybeSyncGlobalCheckpoint("a follower waits for it");
                }
            } catch (AlreadyClosedException | IllegalIndexShardStateException e) {
                continue; // it is closing, or not open yet
            }
        }
    }

    private static boolean isAsync(IndexShard shard) {
        return shard.indexSettings().getTranslogDurability() == Translog.Durability.ASYNC;
    }

    private void closeIdleSessions() {
        shards.values().forEach(leader -> leader.closeIdleSession(IDLE.nanos()));
    }
}
