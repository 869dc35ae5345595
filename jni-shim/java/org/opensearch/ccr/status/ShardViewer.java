package org.opensearch.ccr.status;

import org.apache.lucene.store.AlreadyClosedException;
import org.opensearch.ccr.bootstrap.BootstrapTraffic;
import org.opensearch.ccr.follower.ShardFollowTasks;
import org.opensearch.ccr.follower.ShardStatus;
import org.opensearch.cluster.routing.RecoverySource;
import org.opensearch.core.index.Index;
import org.opensearch.index.IndexService;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.indices.IndicesService;
import org.opensearch.indices.recovery.RecoveryState;

import java.util.ArrayList;
import java.util.List;

/** Looks at the follower primaries of this node. */
final class ShardViewer {

    private final IndicesService indices;
    private final ShardFollowTasks tasks;
    private final BootstrapTraffic traffic;

    ShardViewer(IndicesService indices, ShardFollowTasks tasks, BootstrapTraffic traffic) {
        this.indices = indices;
        this.tasks = tasks;
        this.traffic = traffic;
    }

    /** The primaries of an index that are here and have something to say. */
    List<ShardView> of(Index follower, String node) {
        List<ShardView> views = new ArrayList<>();
        IndexService index = indices.indexService(follower);
        if (index != null) {
            for (IndexShard shard : index) {
                ShardView view = shard.routingEntry().primary() ? view(shard, node) : null;
                if (view != null) {
                    views.add(view);
                }
            }
        }
        return views;
    }

    /** Null when the shard has nothing to say yet, or no more. */
    private ShardView view(IndexShard shard, String node) {
        RecoveryState recovery = shard.recoveryState();
        boolean copied = recovery != null && recovery.getRecoverySource().getType() == RecoverySource.Type.SNAPSHOT;
        ShardCopy copy = copied ? ShardCopy.of(recovery, traffic.wireBytes(shard.shardId())) : null;
        if (copied && recovery.getStage() != RecoveryState.Stage.DONE) {
            return new ShardView(shard.shardId(), node, ShardView.Restore.of(recovery), null, null, copy, traffic.waitOf(shard.shardId()));
        }
        if (shard.routingEntry().active() == false || shard.routingEntry().isRelocationTarget()) {
            return null;
        }
        ShardStatus follow = tasks.status(shard.shardId());
        try {
            ShardView.Syncing syncing = follow == null
                ? unfollowed(shard)
                : new ShardView.Syncing(follow.leaderCheckpoint(), follow.followerCheckpoint(), follow.seqNo());
            return new ShardView(shard.shardId(), node, null, syncing, follow, copy, null);
        } catch (AlreadyClosedException e) {
            return null;
        }
    }

    /** What we have, the leader had: the best that is known before the shard's task has asked. */
    private static ShardView.Syncing unfollowed(IndexShard shard) {
        long synced = shard.getLastSyncedGlobalCheckpoint();
        return new ShardView.Syncing(synced, synced, shard.getLocalCheckpoint() + 1);
    }
}
