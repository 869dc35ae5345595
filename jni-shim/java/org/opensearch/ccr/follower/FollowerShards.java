package org.opensearch.ccr.follower;

import org.opensearch.common.settings.Settings;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.index.shard.IndexEventListener;
import org.opensearch.index.shard.IndexShard;

import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The copies of follower shards that are open on this node. Thread-safe. */
final class FollowerShards implements IndexEventListener {
    private final ConcurrentMap<ShardId, IndexShard> shards = new ConcurrentHashMap<>();

    @Override
    public void afterIndexShardCreated(IndexShard shard) {
        shards.put(shard.shardId(), shard);
    }

    @Override
    public void afterIndexShardClosed(ShardId shardId, IndexShard shard, Settings settings) {
        if (shard != null) {
            shards.remove(shardId, shard);
        }
    }

    /** Every open copy. */
    Collection<IndexShard> all() {
        return shards.values();
    }

    /** The open copy; null when there is none here. */
    IndexShard get(ShardId shardId) {
        return shards.get(shardId);
    }
}
