package org.opensearch.ccr.follower;

import org.opensearch.core.index.shard.ShardId;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The shards that are followed on this node. Thread-safe. */
public final class ShardFollowTasks {
    private final ConcurrentMap<ShardId, ShardPump> pumps = new ConcurrentHashMap<>();

    /** Status of a shard that is followed here; null when it is not. */
    public ShardStatus status(ShardId followerShard) {
        ShardPump pump = pumps.get(followerShard);
        return pump == null ? null : pump.status();
    }

    /** Status of every shard that is followed here. */
    public List<ShardStatus> all() {
        return pumps.values().stream().map(ShardPump::status).toList();
    }

    Collection<ShardPump> pumps() {
        return pumps.values();
    }

    void add(ShardId followerShard, ShardPump pump) {
        pumps.put(followerShard, pump);
    }

    void remove(ShardId followerShard, ShardPump pump) {
        pumps.remove(followerShard, pump);
    }
}
