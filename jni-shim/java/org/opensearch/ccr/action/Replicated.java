package org.opensearch.ccr.action;

import org.opensearch.ccr.index.FollowTaskService;
import org.opensearch.ccr.index.HalfMade;
import org.opensearch.ccr.metadata.FollowerBlock;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.state.FollowTasks;
import org.opensearch.ccr.state.IndexFollowState;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;

/** What the cluster state says of a replication, with the refusals that several requests share. */
final class Replicated {

    private Replicated() {}

    static IllegalArgumentException notInProgress(String follower) {
        return new IllegalArgumentException("No replication in progress for index:" + follower);
    }

    /** Whether anything of a replication is left: an entry, a marked or blocked index, a task. */
    static boolean anyTrace(ClusterState state, String follower) {
        return ReplicationStates.of(state).get(follower) != null
            || FollowerBlock.isFollower(state.metadata().index(follower))
            || state.blocks().hasIndexBlock(follower, FollowerBlock.BLOCK)
            || FollowTaskService.anyTask(state, follower);
    }

    /** Whether the follower index is there and incomplete: nothing of it may be kept. */
    static boolean halfRestored(ClusterState state, String follower) {
        IndexMetadata index = state.metadata().index(follower);
        if (index == null || FollowerBlock.isFollower(index) == false) {
            return false;
        }
        if (HalfMade.is(state, follower)) {
            return true;
        }
        // Its own copy of old stays whole until the new one begins.
        return FollowTasks.phase(state, follower) == IndexFollowState.Phase.RESTORING && FollowTasks.rebuilds(state, follower) == false;
    }
}
