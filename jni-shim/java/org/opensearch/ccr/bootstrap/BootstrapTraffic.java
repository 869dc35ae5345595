package org.opensearch.ccr.bootstrap;

import org.opensearch.core.index.shard.ShardId;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bytes that bootstraps of this node's shards have brought over the wire, and what they wait for, for as long as the shard is
 * open. Thread-safe.
 */
public final class BootstrapTraffic {

    private final Map<ShardId, LongAdder> wireBytes = new ConcurrentHashMap<>();
    private final Map<ShardId, BootstrapWait> waits = new ConcurrentHashMap<>();

    /** A counter for a new copy of the shard; the one of an earlier copy is gone. */
    LongAdder begin(ShardId shard) {
        LongAdder counter = new LongAdder();
        wireBytes.put(shard, counter);
        return counter;
    }

    void forget(ShardId shard) {
        wireBytes.remove(shard);
        waits.remove(shard);
    }

    /** @param wait null when it goes on */
    void waits(ShardId shard, BootstrapWait wait) {
        if (wait == null) {
            waits.remove(shard);
        } else {
            waits.put(shard, wait);
        }
    }

    /** Null when the shard's bootstrap goes on, or there is none. */
    public BootstrapWait waitOf(ShardId shard) {
        return waits.get(shard);
    }

    /** Packed bytes of all chunks; 0 when the shard was not copied since it is open. */
    public long wireBytes(ShardId shard) {
        LongAdder counter = wireBytes.get(shard);
        return counter == null ? 0 : counter.sum();
    }
}
