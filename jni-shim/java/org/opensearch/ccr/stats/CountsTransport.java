package org.opensearch.ccr.stats;

import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.nodes.BaseNodesResponse;
import org.opensearch.action.support.nodes.TransportNodesAction;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import java.io.IOException;
import java.util.List;

/** Collects counts from all nodes; a node that does not answer is left out. */
abstract class CountsTransport<T extends Writeable, A extends BaseNodesResponse<NodeCounts<T>>> extends TransportNodesAction<
    CountsRequest,
    A,
    CountsRequest.OfNode,
    NodeCounts<T>> {

    /** What it is made from. */
    public record Services(ThreadPool threadPool, ClusterService cluster, TransportService transport, ActionFilters filters) {
        @Inject
        public Services {}
    }

    private final Writeable.Reader<T> reader;

    @SuppressWarnings({ "unchecked", "rawtypes" }) // an array of a generic class cannot be named otherwise
    CountsTransport(String name, Services services, Writeable.Reader<T> reader) {
        super(
            name,
            services.threadPool,
            services.cluster,
            services.transport,
            services.filters,
            CountsRequest::new,
            CountsRequest.OfNode::new,
            ThreadPool.Names.MANAGEMENT,
            (Class) NodeCounts.class
        );
        this.reader = reader;
    }

    /** The counts of this node's shards. */
    protected abstract List<T> count();

    protected abstract A answer(List<NodeCounts<T>> nodes, List<FailedNodeException> failures);

    @Override
    protected final A newResponse(CountsRequest request, List<NodeCounts<T>> nodes, List<FailedNodeException> failures) {
        return answer(nodes, failures);
    }

    @Override
    protected final CountsRequest.OfNode newNodeRequest(CountsRequest request) {
        return new CountsRequest.OfNode();
    }

    @Override
    protected final NodeCounts<T> newNodeResponse(StreamInput in) throws IOException {
        return new NodeCounts<>(in, reader);
    }

    @Override
    protected final NodeCounts<T> nodeOperation(CountsRequest.OfNode request) {
        return new NodeCounts<>(clusterService.localNode(), count());
    }
}
