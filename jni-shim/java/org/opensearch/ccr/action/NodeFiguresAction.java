package org.opensearch.ccr.action;

import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.nodes.BaseNodeResponse;
import org.opensearch.action.support.nodes.BaseNodesRequest;
import org.opensearch.action.support.nodes.BaseNodesResponse;
import org.opensearch.action.support.nodes.TransportNodesAction;
import org.opensearch.ccr.leader.FileSessions;
import org.opensearch.ccr.leader.LeaderFigures;
import org.opensearch.ccr.leader.LeaderShards;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportRequest;
import org.opensearch.transport.TransportService;

import java.io.IOException;
import java.util.List;

/** What each node does for followers. Behind {@code _metrics}, whose permission this is; it names leader indices to nobody else. */
public final class NodeFiguresAction extends ActionType<NodeFiguresAction.Response> {

    public static final String NAME = "cluster:monitor/plugins/replication/metrics";
    static final NodeFiguresAction INSTANCE = new NodeFiguresAction();

    private NodeFiguresAction() {
        super(NAME, Response::new);
    }

    static final class Request extends BaseNodesRequest<Request> {
        Request() {
            super(new String[0]);
        }

        Request(StreamInput in) throws IOException {
            super(in);
        }
    }

    static final class NodeRequest extends TransportRequest {
        NodeRequest() {}

        NodeRequest(StreamInput in) throws IOException {
            super(in);
        }
    }

    /** One node's share. */
    static final class NodeFigures extends BaseNodeResponse {
        private final List<LeaderFigures> leaders;
        private final int parkedPolls;
        private final int bootstraps;

        NodeFigures(DiscoveryNode node, List<LeaderFigures> leaders, int parkedPolls, int bootstraps) {
            super(node);
            this.leaders = leaders;
            this.parkedPolls = parkedPolls;
            this.bootstraps = bootstraps;
        }

        NodeFigures(StreamInput in) throws IOException {
            super(in);
            leaders = in.readList(LeaderFigures::new);
            parkedPolls = in.readVInt();
            bootstraps = in.readVInt();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeList(leaders);
            out.writeVInt(parkedPolls);
            out.writeVInt(bootstraps);
        }

        List<LeaderFigures> leaders() {
            return leaders;
        }

        /** Fetches of followers that wait here for something new. */
        int parkedPolls() {
            return parkedPolls;
        }

        /** Bootstraps that are served here. */
        int bootstraps() {
            return bootstraps;
        }
    }

    static final class Response extends BaseNodesResponse<NodeFigures> {
        Response(ClusterName name, List<NodeFigures> nodes, List<FailedNodeException> failures) {
            super(name, nodes, failures);
        }

        Response(StreamInput in) throws IOException {
            super(in);
        }

        @Override
        protected List<NodeFigures> readNodesFrom(StreamInput in) throws IOException {
            return in.readList(NodeFigures::new);
        }

        @Override
        protected void writeNodesTo(StreamOutput out, List<NodeFigures> nodes) throws IOException {
            out.writeList(nodes);
        }
    }

    public static final class Transport extends TransportNodesAction<Request, Response, NodeRequest, NodeFigures> {
        private final LeaderShards shards;
        private final FileSessions sessions;

        @Inject
        public Transport(
            ThreadPool threadPool,
            ClusterService clusterService,
            TransportService transportService,
            ActionFilters filters,
            LeaderShards shards,
            FileSessions sessions
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
                NodeFigures.class
            );
            this.shards = shards;
            this.sessions = sessions;
        }

        @Override
        protected Response newResponse(Request request, List<NodeFigures> nodes, List<FailedNodeException> failures) {
            return new Response(clusterService.getClusterName(), nodes, failures);
        }

        @Override
        protected NodeRequest newNodeRequest(Request request) {
            return new NodeRequest();
        }

        @Override
        protected NodeFigures newNodeResponse(StreamInput in) throws IOException {
            return new NodeFigures(in);
        }

        @Override
        protected NodeFigures nodeOperation(NodeRequest request) {
            return new NodeFigures(clusterService.localNode(), shards.figures(), shards.parked(), sessions.open());
        }
    }
}
