package org.opensearch.ccr.autofollow;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.ccr.autofollow.Choice.Verdict;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.leader.Listing;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.state.Rule;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import java.io.IOException;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Tells what a rule would do now, and why it would leave the rest alone. Changes nothing. */
public final class DryRunAction extends ActionType<DryRunAction.Response> {

    public static final String NAME = "cluster:admin/plugins/replication/autofollow/dry_run";
    public static final DryRunAction INSTANCE = new DryRunAction();

    private DryRunAction() {
        super(NAME, Response::new);
    }

    public static final class Request extends AcknowledgedRequest<Request> {
        private final RuleBody body;
        private final boolean existing;

        /** @param existing whether the body only says which of the rules there are is meant, and what would be changed of it */
        public Request(RuleBody body, boolean existing) {
            this.body = body;
            this.existing = existing;
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            body = new RuleBody(in);
            existing = in.readBoolean();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            body.writeTo(out);
            out.writeBoolean(existing);
        }

        @Override
        public ActionRequestValidationException validate() {
            ActionRequestValidationException errors = new ActionRequestValidationException();
            if (existing) {
                body.validateGiven(errors);
            } else {
                body.validateWhole(errors);
            }
            return errors.validationErrors().isEmpty() ? null : errors;
        }
    }

    public static final class Response extends ActionResponse implements ToXContentObject {
        private static final Set<Verdict> WOULD = EnumSet.of(Verdict.FOLLOW, Verdict.AGAIN, Verdict.WAIT);
        private final List<Choice> choices;

        Response(List<Choice> choices) {
            this.choices = choices.stream().sorted(Comparator.comparing(choice -> choice.leader().name())).toList();
        }

        public Response(StreamInput in) throws IOException {
            super(in);
            choices = in.readList(Choice::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeList(choices);
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            builder.startObject();
            write(builder, "would_follow", WOULD);
            write(builder, "already_followed", EnumSet.of(Verdict.FOLLOWED));
            write(builder, "would_not_follow", EnumSet.of(Verdict.CONFLICT, Verdict.LEAVE));
            return builder.endObject();
        }

        private void write(XContentBuilder builder, String name, Set<Verdict> verdicts) throws IOException {
            builder.startArray(name);
            for (Choice choice : choices) {
                if (verdicts.contains(choice.verdict())) {
                    builder.startObject();
                    builder.field("leader_index", choice.leader().name());
                    if (choice.verdict() != Verdict.LEAVE) {
                        builder.field("follower_index", choice.follower());
                    }
                    if (choice.reason().isEmpty() == false) {
                        builder.field("reason", choice.reason());
                    }
                    builder.endObject();
                }
            }
            builder.endArray();
        }
    }

    public static final class Transport extends HandledTransportAction<Request, Response> {

        private static final List<String> EVERYTHING = List.of("*");
        private final ClusterService clusterService;
        private final RuleCheck check;
        private final LeaderCalls leader;

        @Inject
        public Transport(
            TransportService transportService,
            ActionFilters filters,
            ClusterService clusterService,
            RuleCheck check,
            LeaderCalls leader
        ) {
            super(NAME, transportService, filters, Request::new, ThreadPool.Names.GENERIC);
            this.clusterService = clusterService;
            this.check = check;
            this.leader = leader;
        }

        @Override
        protected void doExecute(Task task, Request request, ActionListener<Response> listener) {
            ClusterState state = clusterService.state();
            Rule rule = request.existing
                ? request.body.over(Targets.one(state, request.body.alias(), request.body.name()))
                : request.body.toRule();
            // Who may not have the rule must not see the leader's indices through it.
            check.check(rule, request.timeout(), ActionListener.wrap(allowed -> list(rule, listener), listener::onFailure));
        }

        /** Why an index is not meant is told of each that the role may see; it need not be allowed to see all. */
        private void list(Rule rule, ActionListener<Response> listener) {
            ActionListener<Listing> chosen = ActionListener.map(listener, listing -> choose(rule, listing));
            leader.list(rule.alias(), rule.roles(), EVERYTHING, ActionListener.wrap(chosen::onResponse, e -> {
                if (ErrorClassifier.classify(e) == ErrorClass.ERROR_FORBIDDEN) {
                    leader.list(rule.alias(), rule.roles(), rule.patterns(), chosen);
                } else {
                    listener.onFailure(e);
                }
            }));
        }

        private Response choose(Rule rule, Listing listing) {
            ClusterState state = clusterService.state();
            return new Response(listing.indices().stream().map(index -> Choice.of(rule, index, state)).toList());
        }
    }
}
