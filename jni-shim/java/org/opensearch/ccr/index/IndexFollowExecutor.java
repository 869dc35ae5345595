package org.opensearch.ccr.index;

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

/** Makes the task of one followed index and places it on a data node that may talk to other clusters. */
public final class IndexFollowExecutor extends PersistentTasksExecutor<IndexFollowParams> {

    private final IndexFollowServices services;

    public IndexFollowExecutor(IndexFollowServices services) {
        super(FollowTasks.INDEX_TASK, ThreadPool.Names.GENERIC);
        this.services = services;
    }

    @Override
    public Assignment getAssignment(IndexFollowParams params, ClusterState state) {
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
        PersistentTask<IndexFollowParams> task,
        Map<String, String> headers
    ) {
        return new IndexFollowTask(id, type, action, parent, headers, task.getParams(), services);
    }

    @Override
    protected void nodeOperation(AllocatedPersistentTask task, IndexFollowParams params, PersistentTaskState state) {
        ((IndexFollowTask) task).begin(state instanceof IndexFollowState known ? known.phase() : IndexFollowState.Phase.INIT);
    }
}
