package org.opensearch.ccr.index;

import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.RestoreInProgress;
import org.opensearch.cluster.routing.IndexRoutingTable;
import org.opensearch.cluster.routing.IndexShardRoutingTable;
import org.opensearch.cluster.routing.RecoverySource;
import org.opensearch.cluster.routing.ShardRouting;

/** Whether a follower index is in the middle of its copying: nothing of it may be kept. */
public final class HalfMade {

    private HalfMade() {}

    /** Looks at the restore and at the primaries, not at the task: a copy that is to be made anew is whole until that begins. */
    public static boolean is(ClusterState state, String follower) {
        if (isBeingRestored(state, follower)) {
            return true;
        }
        IndexRoutingTable routing = state.routingTable().index(follower);
        if (routing == null) {
            return false;
        }
        for (IndexShardRoutingTable shard : routing) {
            ShardRouting primary = shard.primaryShard();
            if (primary.active() == false && primary.recoverySource().getType() == RecoverySource.Type.SNAPSHOT) {
                return true;
            }
        }
        return false;
    }

    /** Whether OpenSearch still has a restore of the index under way: only it can bring that to its end. */
    public static boolean isBeingRestored(ClusterState state, String follower) {
        for (RestoreInProgress.Entry restore : state.custom(RestoreInProgress.TYPE, RestoreInProgress.EMPTY)) {
            if (restore.state().completed() == false && restore.indices().contains(follower)) {
                return true;
            }
        }
        return false;
    }
}
