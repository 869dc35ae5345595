package org.opensearch.ccr.status;

import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.ccr.common.EveryNode;
import org.opensearch.ccr.common.NodeParts;
import org.opensearch.ccr.common.NodesAnswer;
import org.opensearch.ccr.common.NodesTransport;
import org.opensearch.ccr.leader.FileSessions;
import org.opensearch.ccr.leader.LeaderShards;
import org.opensearch.cluster.ClusterName;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;
import java.util.List;

/** What each node does for followers. Behind {@code _metrics}, whose permission this is; it names leader indices to nobody else. */
public final class NodeFiguresAction extends ActionType<NodeFiguresAction.Response> {

    public static final String NAME = "cluster:monitor/plugins/replication/metrics";
    static final NodeFiguresAction INSTANCE = new NodeFiguresAction();

    private NodeFiguresAction() {
        super(NAME, Response::new);
    }

    static final class Response extends NodesAnswer<NodeFigures> {
        Response(ClusterName name, List<NodeParts<NodeFigures>> nodes, List<FailedNodeException> failures) {
            super(name, nodes, failures);
        }

        Response(StreamInput in) throws IOException {
            super(in);
        }

        @Override
        protected Writeable.Reader<NodeFigures> reader() {
            return NodeFigures::new;
        }
    }

    public static final class Transport extends NodesTransport<EveryNode, NodeFigures, Response> {
        private final LeaderShards shards;
        private final FileSessions sessions;

        @Inject
        public Transport(Services services, LeaderShards shards, FileSessions sessions) {
            super(NAME, services, EveryNode::new, NodeFigures::new, Response::new);
            this.shards = shards;
            this.sessions = sessions;
        }

        @Override
        protected List<NodeFigures> partsOf(EveryNode request) {
            String node = clusterService.localNode().getName();
            return List.of(new NodeFigures(node, shards.figures(), shards.parked(), sessions.open()));
        }
    }
}
