package org.opensearch.ccr.leader;

import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;
import org.opensearch.core.index.shard.ShardId;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many polls may wait: so many on this node, and so many of them on one shard. Thread-safe; however many ask at a time, no
 * more get a seat than there are.
 */
final class PollSeats {

    private final int nodeMax;
    private final int shardMax;
    private final AtomicInteger taken = new AtomicInteger();
    private final Map<ShardId, Integer> shards = new ConcurrentHashMap<>();

    PollSeats(int nodeMax, int shardMax) {
        this.nodeMax = nodeMax;
        this.shardMax = shardMax;
    }

    /** Null when a poll may wait on the shard, and then it gives its seat back once; else what it is told, and it has none. */
    OpenSearchRejectedExecutionException take(ShardId shard) {
        int onShard = shards.merge(shard, 1, Integer::sum);
        int onNode = taken.incrementAndGet();
        if (onShard <= shardMax && onNode <= nodeMax) {
            return null;
        }
        give(shard);
        String full = onShard > shardMax ? "[" + shardMax + "] polls of followers wait on this shard" : "[" + nodeMax
            + "] polls of followers wait on this node";
        return new OpenSearchRejectedExecutionException(full);
    }

    void give(ShardId shard) {
        taken.decrementAndGet();
        shards.computeIfPresent(shard, (id, seats) -> seats == 1 ? null : seats - 1);
    }

    /** On this node. */
    int taken() {
        return taken.get();
    }
}
