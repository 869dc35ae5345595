package org.opensearch.ccr.metadata;

import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.action.support.clustermanager.ClusterManagerNodeRequest;
import org.opensearch.action.support.clustermanager.TransportClusterManagerNodeAction;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ClusterStateTaskConfig;
import org.opensearch.cluster.ClusterStateTaskExecutor;
import org.opensearch.cluster.ClusterStateTaskExecutor.ClusterTasksResult;
import org.opensearch.cluster.ClusterStateTaskListener;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.cluster.block.ClusterBlockLevel;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.Priority;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import java.io.IOException;
import java.util.function.UnaryOperator;

/**
 * What only the elected cluster manager does. It is forwarded there, waits for one within the request's
 * {@code cluster_manager_timeout}, and fails with 403 while the whole cluster is read-only.
 */
public abstract class ManagerTransport<Q extends ClusterManagerNodeRequest<Q>, A extends ActionResponse> extends
    TransportClusterManagerNodeAction<Q, A> {

    /** What each of them is made from. */
    public record Services(
        TransportService transport,
        ClusterService cluster,
        ThreadPool threadPool,
        ActionFilters filters,
        IndexNameExpressionResolver resolver
    ) {
        @Inject
        public Services {}
    }

    private final Writeable.Reader<A> reader;

    protected ManagerTransport(String name, Services services, Writeable.Reader<Q> request, Writeable.Reader<A> answer) {
        super(
            name,
            services.transport,
            services.cluster,
            services.threadPool,
            services.filters,
            request,
            services.resolver
        );
        this.reader = answer;
    }

    /** The pool it begins on: the calling thread is enough for what only submits a cluster-state update. */
    @Override
    protected String executor() {
        return ThreadPool.Names.SAME;
    }

    @Override
    protected final A read(StreamInput in) throws IOException {
        return reader.read(in);
    }

    /** Changes the cluster state and acknowledges when the new one is published. @param source what the change is called in logs */
    protected final void update(String source, Q request, UnaryOperator<ClusterState> change, ActionListener<AcknowledgedResponse> listener) {
        update(source, request, (current, tasks) -> {
            ClusterTasksResult.Builder<Q> result = ClusterTasksResult.builder();
            return result.successes(tasks).build(change.apply(current));
        }, listener);
    }

    /** The same; requests that wait for the same executor are changed together. They wait no longer than they say. */
    protected final void update(
        String source,
        Q request,
        ClusterStateTaskExecutor<Q> executor,
        ActionListener<AcknowledgedResponse> listener
    ) {
        ClusterStateTaskConfig config = ClusterStateTaskConfig.build(Priority.HIGH, request.clusterManagerNodeTimeout());
        clusterService.submitStateUpdateTask(source, request, config, executor, new ClusterStateTaskListener() {
            @Override
            public void onFailure(String failed, Exception e) {
                listener.onFailure(e);
            }

            @Override
            public void clusterStateProcessed(String processed, ClusterState before, ClusterState after) {
                listener.onResponse(new AcknowledgedResponse(true));
            }
        });
    }

    @Override
    protected ClusterBlockException checkBlock(Q request, ClusterState state) {
        return state.blocks().globalBlockedException(ClusterBlockLevel.METADATA_WRITE);
    }
}
