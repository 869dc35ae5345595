package org.opensearch.ccr.autofollow;

import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.nodes.BaseNodeResponse;
import org.opensearch.action.support.nodes.BaseNodesRequest;
import org.opensearch.action.support.nodes.BaseNodesResponse;
import org.opensearch.action.support.nodes.TransportNodesAction;
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
import java.util.ArrayList;
import java.util.List;

/** Collects from all nodes what their auto-follow tasks have come to; {@code autofollow_stats} is made of it. */
public final class ProgressAction extends ActionType<ProgressAction.Response> {

    public static final String NAME = "indices:admin/plugins/replication/autofollow/stats";
    public static final ProgressAction INSTANCE = new ProgressAction();

    private ProgressAction() {
        super(NAME, Response::new);
    }

    public static final class Request extends BaseNodesRequest<Request> {
        public Request() {
            super(new String[0]);
        }

        public Request(StreamInput in) throws IOException {
            super(in);
        }
    }

    public static final class OneNode extends TransportRequest {
        public OneNode() {}

        public OneNode(StreamInput in) throws IOException {
            super(in);
        }
    }

    public static final class NodeAnswer extends BaseNodeResponse {
        private final List<RuleProgress> progress;

        NodeAnswer(DiscoveryNode node, List<RuleProgress> progress) {
            super(node);
            this.progress = progress;
        }

        public NodeAnswer(StreamInput in) throws IOException {
            super(in);
            progress = in.readList(RuleProgress::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeList(progress);
        }
    }

    public static final class Response extends BaseNodesResponse<NodeAnswer> {
        private final List<Rule> rules;

        Response(ClusterName cluster, List<NodeAnswer> nodes, List<FailedNodeException> failures, List<Rule> rules) {
            super(cluster, nodes, failures);
            this.rules = rules;
        }

        public Response(StreamInput in) throws IOException {
            super(in);
            rules = in.readList(Rule::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeList(rules);
        }

        @Override
        protected List<NodeAnswer> readNodesFrom(StreamInput in) throws IOException {
            return in.readList(NodeAnswer::new);
        }

        @Override
        protected void writeNodesTo(StreamOutput out, List<NodeAnswer> nodes) throws IOException {
            out.writeList(nodes);
        }

        /** Every rule there is, by alias and name, whether or not a task of it runs. */
        List<RuleReport> reports() {
            List<RuleReport> reports = new ArrayList<>();
            for (Rule rule : rules) {
                RuleProgress found = RuleProgress.none(rule.alias(), rule.name());
                for (NodeAnswer node : getNodes()) {
                    for (RuleProgress progress : node.progress) {
                        if (progress.alias().equals(rule.alias()) && progress.name().equals(rule.name())) {
                            found = progress;
                        }
                    }
                }
                reports.add(new RuleReport(rule, found));
            }
            return reports;
        }
    }

    public static final class Transport extends TransportNodesAction<Request, Response, OneNode, NodeAnswer> {

        private final RunningRules running;

        @Inject
        public Transport(
            ThreadPool threadPool,
            ClusterService clusterService,
            TransportService transportService,
            ActionFilters filters,
            RunningRules running
        ) {
            super(
                NAME,
                threadPool,
                clusterService,
                transportService,
                filters,
                Request::new,
                OneNode::new,
                ThreadPool.Names.MANAGEMENT,
                NodeAnswer.class
            );
            this.running = running;
        }

        @Override
        protected Response newResponse(Request request, List<NodeAnswer> nodes, List<FailedNodeException> failures) {
            List<Rule> rules = List.copyOf(RuleSet.of(clusterService.state()).all());
            return new Response(clusterService.getClusterName(), nodes, failures, rules);
        }

        @Override
        protected OneNode newNodeRequest(Request request) {
            return new OneNode();
        }

        @Override
        protected NodeAnswer newNodeResponse(StreamInput in) throws IOException {
            return new NodeAnswer(in);
        }

        @Override
        protected NodeAnswer nodeOperation(OneNode request) {
            return new NodeAnswer(clusterService.localNode(), running.progress());
        }
    }
}
