package org.opensearch.ccr.action;

import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.common.FollowerRequest;
import org.opensearch.ccr.state.StateAction;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.cluster.block.ClusterBlockLevel;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;

/**
 * A verb that changes a replication: runs on the node that was asked, on a generic thread, after the caller's permission on
 * the follower index has been looked at; fails with 403 while the whole cluster is read-only.
 */
abstract class FollowerTransport<Q extends FollowerRequest<Q>> extends HandledTransportAction<Q, AcknowledgedResponse> {

    protected final FollowerServices services;

    FollowerTransport(String name, FollowerServices services, Writeable.Reader<Q> reader) {
        super(name, services.transport(), services.filters(), reader, ThreadPool.Names.GENERIC);
        this.services = services;
    }

    @Override
    protected final void doExecute(Task task, Q request, ActionListener<AcknowledgedResponse> listener) {
        ClusterState state = services.cluster().state();
        ClusterBlockException block = state.blocks().globalBlockedException(ClusterBlockLevel.METADATA_WRITE);
        if (block != null) {
            throw block;
        }
        run(request, state, listener);
    }

    /** What it throws is the answer. */
    protected abstract void run(Q request, ClusterState state, ActionListener<AcknowledgedResponse> listener);

    /** Changes the cluster state's entry with the patience that the caller has. */
    protected final void change(Q request, StateAction.Request change, ActionListener<AcknowledgedResponse> listener) {
        change.clusterManagerNodeTimeout(request.clusterManagerNodeTimeout());
        services.clients().plugin().execute(StateAction.INSTANCE, change, listener);
    }
}
