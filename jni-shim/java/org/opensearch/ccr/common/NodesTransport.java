package org.opensearch.ccr.common;

import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.nodes.BaseNodesRequest;
import org.opensearch.action.support.nodes.TransportNodesAction;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportRequest;
import org.opensearch.transport.TransportService;

import java.io.IOException;
import java.util.List;

/** Asks nodes of this cluster and puts their answers together; a node that does not answer is left out and named. */
public abstract class NodesTransport<Q extends BaseNodesRequest<Q>, T extends Writeable, A extends NodesAnswer<T>> extends
    TransportNodesAction<Q, A, NodesTransport.ToNode<Q>, NodeParts<T>> {

    /** What each of them is made from. */
    public record Services(ThreadPool threadPool, ClusterService cluster, TransportService transport, ActionFilters filters) {
        @Inject
        public Services {}
    }

    /** The request on its way to one node. */
    public static final class ToNode<Q extends BaseNodesRequest<Q>> extends TransportRequest {
        private final Q request;

        ToNode(Q request) {
            this.request = request;
        }

        ToNode(StreamInput in, Writeable.Reader<Q> reader) throws IOException {
            super(in);
            request = reader.read(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            request.writeTo(out);
        }
    }

    /** Makes the answer to a request. */
    @FunctionalInterface
    protected interface Answer<T extends Writeable, A> {
        A of(ClusterName name, List<NodeParts<T>> nodes, List<FailedNodeException> failures);
    }

    private final Writeable.Reader<T> part;
    private final Answer<T, A> answer;

    /** @param part reads what a node says */
    @SuppressWarnings({ "unchecked", "rawtypes" }) // an array of a generic class cannot be named otherwise
    protected NodesTransport(String name, Services services, Writeable.Reader<Q> request, Writeable.Reader<T> part, Answer<T, A> answer) {
        super(
            name,
            services.threadPool,
            services.cluster,
            services.transport,
            services.filters,
            request,
            in -> new ToNode<>(in, request),
            ThreadPool.Names.MANAGEMENT,
            (Class) NodeParts.class
        );
        this.part = part;
        this.answer = answer;
    }

    /** What this node has to say; on a management thread. */
    protected abstract List<T> partsOf(Q request);

    @Override
    protected final A newResponse(Q request, List<NodeParts<T>> nodes, List<FailedNodeException> failures) {
        return answer.of(clusterService.getClusterName(), nodes, failures);
    }

    @Override
    protected final ToNode<Q> newNodeRequest(Q request) {
        return new ToNode<>(request);
    }

    @Override
    protected final NodeParts<T> newNodeResponse(StreamInput in) throws IOException {
        return new NodeParts<>(in, part);
    }

    @Override
    protected final NodeParts<T> nodeOperation(ToNode<Q> toNode) {
        return new NodeParts<>(clusterService.localNode(), partsOf(toNode.request));
    }
}
