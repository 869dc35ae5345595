package org.opensearch.ccr.index;

import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.persistent.PersistentTaskParams;
import org.opensearch.persistent.PersistentTasksCustomMetadata.Assignment;
import org.opensearch.persistent.PersistentTasksExecutor;
import org.opensearch.threadpool.ThreadPool;

/** Places a task that calls the leader: on the data node with the least tasks among those that may talk to other clusters. */
public abstract class LeaderFacingExecutor<P extends PersistentTaskParams> extends PersistentTasksExecutor<P> {

    protected LeaderFacingExecutor(String taskName) {
        super(taskName, ThreadPool.Names.GENERIC);
    }

    @Override
    public final Assignment getAssignment(P params, ClusterState state) {
        DiscoveryNode node = selectLeastLoadedNode(state, n -> n.isDataNode() && n.isRemoteClusterClient());
        if (node == null) {
            return new Assignment(null, "no data node has the role remote_cluster_client");
        }
        return new Assignment(node.getId(), "");
    }
}
