package org.opensearch.ccr.state;

import org.opensearch.cluster.ClusterState;
import org.opensearch.persistent.PersistentTasksCustomMetadata;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;

/** Finds the persistent tasks of a replication in the cluster state. Names and ids are part of the API contract. */
public final class FollowTasks {

    /** Action of the task of one followed index. */
    public static final String INDEX_TASK = "cluster:indices/admin/replication";

    private FollowTasks() {}

    public static String indexTaskId(String follower) {
        return "replication:index:" + follower;
    }

    /** The task of a followed index, null when there is none. */
    public static PersistentTask<?> indexTask(ClusterState state, String follower) {
        return PersistentTasksCustomMetadata.getTaskWithId(state, indexTaskId(follower));
    }

    /** How far the task of a followed index has come, null when there is no task. */
    public static IndexFollowState.Phase phase(ClusterState state, String follower) {
        PersistentTask<?> task = indexTask(state, follower);
        if (task == null) {
            return null;
        }
        return task.getState() instanceof IndexFollowState known ? known.phase() : IndexFollowState.Phase.INIT;
    }

    /** Whether the task of a followed index makes an index anew that exists. */
    public static boolean rebuilds(ClusterState state, String follower) {
        PersistentTask<?> task = indexTask(state, follower);
        return task != null && task.getParams() instanceof IndexFollowParams params && params.rebuild();
    }
}
