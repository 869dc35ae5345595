package org.opensearch.ccr.bootstrap;

import org.opensearch.core.index.shard.ShardId;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Bytes that bootstraps of this node's shards have brought over the wire, for as long as the shard is open. Thread-safe. */
public final class BootstrapTraffic {

    private final Map<ShardId, LongAdder> wireBytes = new ConcurrentHashMap<>();

    /** A counter for a new copy of the shard; the one of an earlier copy is gone. */
    LongAdder begin(ShardId shard) {
        LongAdder counter = new LongAdder();
        wireBytes.put(shard, counter);
        return counter;
    }

    void forget(ShardId shard) {
        wireBytes.remove(shard);
    }

    /** Packed bytes of all chunks; 0 when the shard was not copied since it is open. */
    public long wireBytes(ShardId shard) {
        LongAdder counter = wireBytes.get(shard);
        return counter == null ? 0 : counter.sum();
    }
}
