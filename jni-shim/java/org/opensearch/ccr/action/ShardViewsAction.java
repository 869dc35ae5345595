package org.opensearch.ccr.action;

import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.nodes.BaseNodeResponse;
import org.opensearch.action.support.nodes.BaseNodesRequest;
import org.opensearch.action.support.nodes.BaseNodesResponse;
import org.opensearch.action.support.nodes.TransportNodesAction;
import org.opensearch.ccr.bootstrap.BootstrapTraffic;
import org.opensearch.ccr.follower.ShardFollowTasks;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.Index;
import org.opensearch.indices.IndicesService;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportRequest;
import org.opensearch.transport.TransportService;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Asks nodes how the primaries of follower indices stand there, copies and tasks. */
public final class ShardViewsAction extends ActionType<ShardViewsAction.Response> {

    static final String NAME = "internal:indices/admin/plugins/replication/index/shards";
    static final ShardViewsAction INSTANCE = new ShardViewsAction();

    private ShardViewsAction() {
        super(NAME, Response::new);
    }

    static final class Request extends BaseNodesRequest<Request> {
        private final List<Index> followers;

        Request(List<Index> followers, String... nodes) {
            super(nodes);
            this.followers = followers;
        }

        Request(StreamInput in) throws IOException {
            super(in);
            followers = in.readList(Index::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeList(followers);
        }
    }

    static final class NodeRequest extends TransportRequest {
        private final List<Index> followers;

        NodeRequest(List<Index> followers) {
            this.followers = followers;
        }

        NodeRequest(StreamInput in) throws IOException {
            super(in);
            followers = in.readList(Index::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeList(followers);
        }
    }

    static final class NodeResponse extends BaseNodeResponse {
        private final List<ShardView> views;

        NodeResponse(DiscoveryNode node, List<ShardView> views) {
            super(node);
            this.views = views;
        }

        NodeResponse(StreamInput in) throws IOException {
            super(in);
            views = in.readList(ShardView::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeList(views);
        }
    }

    static final class Response extends BaseNodesResponse<NodeResponse> {
        Response(ClusterName name, List<NodeResponse> nodes, List<FailedNodeException> failures) {
            super(name, nodes, failures);
        }

        Response(StreamInput in) throws IOException {
            super(in);
        }

        @Override
        protected List<NodeResponse> readNodesFrom(StreamInput in) throws IOException {
            return in.readList(NodeResponse::new);
        }

        @Override
        protected void writeNodesTo(StreamOutput out, List<NodeResponse> nodes) throws IOException {
            out.writeList(nodes);
        }

        List<ShardView> views() {
            return getNodes().stream().flatMap(node -> node.views.stream()).toList();
        }
    }

    public static final class Transport extends TransportNodesAction<Request, Response, NodeRequest, NodeResponse> {
        private final ShardViewer viewer;

        @Inject
        public Transport(
            ThreadPool threadPool,
            ClusterService clusterService,
            TransportService transportService,
            ActionFilters filters,
            IndicesService indices,
            ShardFollowTasks tasks,
            BootstrapTraffic traffic
        ) {
            super(
                NAME,
                threadPool,
                clusterService,
                transportService,
                filters,
                Request::new,
                NodeRequest::new,
                ThreadPool.Names.MANAGEMENT,
                NodeResponse.class
            );
            viewer = new ShardViewer(indices, tasks, traffic);
        }

        @Override
        protected Response newResponse(Request request, List<NodeResponse> nodes, List<FailedNodeException> failures) {
            return new Response(clusterService.getClusterName(), nodes, failures);
        }

        @Override
        protected NodeRequest newNodeRequest(Request request) {
            return new NodeRequest(request.followers);
        }

        @Override
        protected NodeResponse newNodeResponse(StreamInput in) throws IOException {
            return new NodeResponse(in);
        }

        @Override
        protected NodeResponse nodeOperation(NodeRequest request) {
            DiscoveryNode node = clusterService.localNode();
            List<ShardView> views = new ArrayList<>();
            for (Index follower : request.followers) {
                views.addAll(viewer.of(follower, node.getName()));
            }
            return new NodeResponse(node, views);
        }
    }
}
