package org.opensearch.ccr.autofollow;

import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.persistent.AllocatedPersistentTask;
import org.opensearch.persistent.PersistentTaskState;
import org.opensearch.persistent.PersistentTasksCustomMetadata.Assignment;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;
import org.opensearch.persistent.PersistentTasksExecutor;
import org.opensearch.threadpool.ThreadPool;

import java.util.Map;

/** Makes the task of one rule and places it on a data node that may talk to other clusters. */
final class AutoFollowExecutor extends PersistentTasksExecutor<AutoFollowParams> {

    private final AutoFollowServices services;

    AutoFollowExecutor(AutoFollowServices services) {
        super(AutoFollowParams.NAME, ThreadPool.Names.GENERIC);
        this.services = services;
    }

    @Override
    public Assignment getAssignment(AutoFollowParams params, ClusterState state) {
        DiscoveryNode node = selectLeastLoadedNode(state, n -> n.isDataNode() && n.isRemoteClusterClient());
        if (node == null) {
            return new Assignment(null, "no data node has the role remote_cluster_client");
        }
        return new Assignment(node.getId(), "");
    }

    @Override
    protected AllocatedPersistentTask createTask(
        long id,
        String type,
        String action,
        TaskId parent,
        PersistentTask<AutoFollowParams> task,
        Map<String, String> headers
    ) {
        return new AutoFollowTask(id, type, action, parent, headers, task.getParams(), services);
    }

    @Override
    protected void nodeOperation(AllocatedPersistentTask task, AutoFollowParams params, PersistentTaskState state) {
        ((AutoFollowTask) task).begin();
    }
}
