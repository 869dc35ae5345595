package org.opensearch.ccr.autofollow;

import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.ccr.common.EveryNode;
import org.opensearch.ccr.common.NodeParts;
import org.opensearch.ccr.common.NodesAnswer;
import org.opensearch.ccr.common.NodesTransport;
import org.opensearch.ccr.state.Rule;
import org.opensearch.ccr.state.RuleSet;
import org.opensearch.cluster.ClusterName;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

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

    public static final class Response extends NodesAnswer<RuleProgress> {
        private final List<Rule> rules;

        Response(ClusterName cluster, List<NodeParts<RuleProgress>> nodes, List<FailedNodeException> failures, List<Rule> rules) {
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
        protected Writeable.Reader<RuleProgress> reader() {
            return RuleProgress::new;
        }

        /** Every rule there is, by alias and name, whether or not a task of it runs. */
        List<RuleReport> reports() {
            List<RuleProgress> all = parts();
            List<RuleReport> reports = new ArrayList<>();
            for (Rule rule : rules) {
                RuleProgress found = RuleProgress.none(rule.alias(), rule.name());
                for (RuleProgress progress : all) {
                    if (progress.alias().equals(rule.alias()) && progress.name().equals(rule.name())) {
                        found = progress;
                    }
                }
                reports.add(new RuleReport(rule, found));
            }
            return reports;
        }
    }

    public static final class Transport extends NodesTransport<EveryNode, RuleProgress, Response> {

        private final RunningRules running;

        @Inject
        public Transport(Services services, RunningRules running) {
            super(
                NAME,
                services,
                EveryNode::new,
                RuleProgress::new,
                (name, nodes, failures) -> new Response(name, nodes, failures, List.copyOf(RuleSet.of(services.cluster().state()).all()))
            );
            this.running = running;
        }

        @Override
        protected List<RuleProgress> partsOf(EveryNode request) {
            return running.progress();
        }
    }
}
