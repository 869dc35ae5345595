package org.opensearch.ccr.status;

import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.nodes.BaseNodesRequest;
import org.opensearch.ccr.bootstrap.BootstrapTraffic;
import org.opensearch.ccr.common.NodeParts;
import org.opensearch.ccr.common.NodesAnswer;
import org.opensearch.ccr.common.NodesTransport;
import org.opensearch.ccr.follower.ShardFollowTasks;
import org.opensearch.cluster.ClusterName;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.index.Index;
import org.opensearch.indices.IndicesService;

import java.io.IOException;
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

    static final class Response extends NodesAnswer<ShardView> {
        Response(ClusterName name, List<NodeParts<ShardView>> nodes, List<FailedNodeException> failures) {
            super(name, nodes, failures);
        }

        Response(StreamInput in) throws IOException {
            super(in);
        }

        @Override
        protected Writeable.Reader<ShardView> reader() {
            return ShardView::new;
        }
    }

    public static final class Transport extends NodesTransport<Request, ShardView, Response> {
        private final ShardViewer viewer;

        @Inject
        public Transport(Services services, IndicesService indices, ShardFollowTasks tasks, BootstrapTraffic traffic) {
            super(NAME, services, Request::new, ShardView::new, Response::new);
            viewer = new ShardViewer(indices, tasks, traffic);
        }

        @Override
        protected List<ShardView> partsOf(Request request) {
            String node = clusterService.localNode().getName();
            return request.followers.stream().flatMap(follower -> viewer.of(follower, node).stream()).toList();
        }
    }
}
