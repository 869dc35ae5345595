package org.opensearch.ccr.metadata;

import org.opensearch.OpenSearchTimeoutException;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.cluster.AckedClusterStateUpdateTask;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.Priority;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;

/** One change of the cluster state for one follower index. */
@FunctionalInterface
interface FollowerUpdate {

    /** The state that follows; the same when there is nothing to do. */
    ClusterState execute(ClusterState current) throws Exception;

    /** Makes it on the cluster manager, which this node is; completes when every node has it. */
    static void submit(
        ClusterService clusterService,
        String what,
        AcknowledgedRequest<?> patience,
        Index index,
        FollowerUpdate update,
        ActionListener<Void> listener
    ) {
        ActionListener<Boolean> acknowledged = ActionListener.wrap(everywhere -> {
            if (everywhere == false) {
                throw new OpenSearchTimeoutException("{}: [{}] has not reached every node yet", what, index.getName());
            }
            listener.onResponse(null);
        }, listener::onFailure);
        clusterService.submitStateUpdateTask(
            what + " [" + index.getName() + "]",
            new AckedClusterStateUpdateTask<>(Priority.URGENT, patience, acknowledged) {
                @Override
                public ClusterState execute(ClusterState current) throws Exception {
                    return update.execute(current);
                }

                @Override
                protected Boolean newResponse(boolean everywhere) {
                    return everywhere;
                }
            }
        );
    }
}
