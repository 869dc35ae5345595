package org.opensearch.ccr.bulk;

import org.opensearch.ResourceNotFoundException;
import org.opensearch.action.ActionListenerResponseHandler;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportRequestOptions;
import org.opensearch.transport.TransportService;

/** Goes to the node that a bulk task is named after; no other knows of it. */
abstract class BulkTaskTransport<A extends ActionResponse> extends HandledTransportAction<BulkTaskRequest, A> {

    /** What it is made from. */
    public record Services(
        TransportService transport,
        ClusterService cluster,
        ActionFilters filters,
        BulkTasks tasks,
        BulkRights rights
    ) {
        @Inject
        public Services {}
    }

    protected final Services services;
    private final Writeable.Reader<A> reader;

    BulkTaskTransport(String name, Services services, Writeable.Reader<A> reader) {
        super(name, services.transport, services.filters, BulkTaskRequest::new, ThreadPool.Names.GENERIC);
        this.services = services;
        this.reader = reader;
    }

    /** The answer of the task's own node; null when it knows nothing of the task. */
    protected abstract A here(long task);

    /** The answer of the cluster state's entry; null when it does not help. */
    protected abstract A remembered(BulkProgress progress);

    @Override
    protected final void doExecute(Task task, BulkTaskRequest request, ActionListener<A> listener) {
        ClusterState state = services.cluster.state();
        TaskId id = request.task();
        DiscoveryNode owner = state.nodes().get(id.getNodeId());
        if (owner != null && owner.equals(services.cluster.localNode()) == false) {
            TransportRequestOptions options = TransportRequestOptions.builder().withTimeout(request.timeout()).build();
            services.transport.sendRequest(owner, actionName, request, options, new ActionListenerResponseHandler<>(listener, reader));
            return;
        }
        A answer = owner == null ? null : here(id.getId());
        BulkStates last = BulkStates.of(state);
        if (answer == null && last != null && last.task().equals(id)) {
            answer = remembered(last.nodeLives(state) ? last.progress() : last.progress().abandoned());
        }
        if (answer == null) {
            throw new ResourceNotFoundException("Task " + id + " not found or already completed");
        }
        limit(answer, listener);
    }

    /** Leaves out what the caller may not know. */
    protected void limit(A answer, ActionListener<A> listener) {
        listener.onResponse(answer);
    }
}
