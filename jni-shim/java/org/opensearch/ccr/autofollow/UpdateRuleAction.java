package org.opensearch.ccr.autofollow;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.action.StartChecks;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.state.Rule;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.cluster.block.ClusterBlockLevel;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.regex.Regex;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import java.io.IOException;

/**
 * Every change of a rule by a user: the checks that need the caller, here; then the cluster manager. What makes a rule follow
 * something needs what it takes to make the rule; what makes it follow less does not.
 */
public final class UpdateRuleAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "cluster:admin/plugins/replication/autofollow/update";
    public static final UpdateRuleAction INSTANCE = new UpdateRuleAction();
    static final String PAUSED_BY_USER = "User initiated";

    private UpdateRuleAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    /** What is to be done with a rule. */
    public enum Verb {
        CREATE,
        /** Fields that are given replace the rule's. */
        UPDATE,
        PAUSE,
        RESUME,
        DELETE,
        /** The same for a rule of which the alias need not be said, unless several have its name. */
        DELETE_NAMED,
        /** Tombstones whose follower matches {@link Request#detail} go. */
        FORGET
    }

    public static final class Request extends AcknowledgedRequest<Request> {
        private final Verb verb;
        private final RuleBody body;
        private final String detail;

        /** @param detail reason of a pause, or pattern of the followers to forget; null otherwise */
        public Request(Verb verb, RuleBody body, String detail) {
            this.verb = verb;
            this.body = body;
            this.detail = detail;
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            verb = in.readEnum(Verb.class);
            body = new RuleBody(in);
            detail = in.readOptionalString();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeEnum(verb);
            body.writeTo(out);
            out.writeOptionalString(detail);
        }

        @Override
        public ActionRequestValidationException validate() {
            ActionRequestValidationException errors = new ActionRequestValidationException();
            switch (verb) {
                case CREATE -> body.validateWhole(errors);
                case UPDATE -> body.validateGiven(errors);
                case DELETE -> {
                    body.validateTarget(errors);
                    body.validateBare(errors);
                }
                case DELETE_NAMED -> {
                    body.validateName(errors);
                    body.validateBare(errors);
                }
                case PAUSE, RESUME, FORGET -> body.validateBare(errors);
            }
            return errors.validationErrors().isEmpty() ? null : errors;
        }
    }

    public static final class Transport extends HandledTransportAction<Request, AcknowledgedResponse> {

        private final ClusterService clusterService;
        private final RoleClients clients;
        private final RuleCheck check;
        private final StartChecks settings;

        @Inject
        public Transport(
            TransportService transportService,
            ActionFilters filters,
            ClusterService clusterService,
            RoleClients clients,
            RuleCheck check,
            StartChecks settings
        ) {
            super(NAME, transportService, filters, Request::new, ThreadPool.Names.GENERIC);
            this.clusterService = clusterService;
            this.clients = clients;
            this.check = check;
            this.settings = settings;
        }

        @Override
        protected void doExecute(Task task, Request request, ActionListener<AcknowledgedResponse> listener) {
            ClusterState state = clusterService.state();
            ClusterBlockException block = state.blocks().globalBlockedException(ClusterBlockLevel.METADATA_WRITE);
            if (block != null) {
                throw block;
            }
            String alias = request.body.alias();
            String name = request.body.name();
            switch (request.verb) {
                case CREATE -> {
                    Rule rule = request.body.toRule().by(check.caller());
                    checked(request, rule, ChangeRuleAction.Request.create(rule), listener);
                }
                case UPDATE -> {
                    Rule changed = request.body.over(Targets.one(state, alias, name)).by(check.caller());
                    checked(request, changed, ChangeRuleAction.Request.replace(changed), listener);
                }
                case DELETE -> change(request, ChangeRuleAction.Request.remove(alias, name), listener);
                case DELETE_NAMED -> {
                    if (Targets.any(state, alias, name)) {
                        change(request, ChangeRuleAction.Request.remove(Targets.one(state, alias, name).alias(), name), listener);
                    } else {
                        listener.onResponse(new AcknowledgedResponse(true));
                    }
                }
                case PAUSE -> {
                    Rule rule = Targets.one(state, alias, name);
                    String reason = request.detail == null ? PAUSED_BY_USER : request.detail;
                    change(request, ChangeRuleAction.Request.pause(rule.alias(), name, reason), listener);
                }
                case RESUME -> {
                    Rule rule = Targets.one(state, alias, name);
                    allowed(request, rule, ChangeRuleAction.Request.resume(rule.alias(), name), listener);
                }
                case FORGET -> {
                    Rule rule = Targets.one(state, alias, name);
                    allowed(request, rule, ChangeRuleAction.Request.forget(rule.alias(), name, rule.tombstones().keySet().stream()
                        .filter(follower -> Regex.simpleMatch(request.detail, follower)).toList()), listener);
                }
            }
        }

        /** Nothing is made before the caller and the roles were found to be allowed, and the settings to be right. */
        private void checked(
            Request request,
            Rule rule,
            ChangeRuleAction.Request change,
            ActionListener<AcknowledgedResponse> listener
        ) {
            check.check(rule, request.timeout(), ActionListener.wrap(allowed -> {
                settings.ensureSettings(rule.name(), rule.settings());
                change(request, change, listener);
            }, listener::onFailure));
        }

        /** The rule that goes on is somebody else's, perhaps: the caller must be allowed to have it. */
        private void allowed(
            Request request,
            Rule rule,
            ChangeRuleAction.Request change,
            ActionListener<AcknowledgedResponse> listener
        ) {
            check.checkAgain(
                rule,
                request.timeout(),
                ActionListener.wrap(allowed -> change(request, change, listener), listener::onFailure)
            );
        }

        private void change(Request request, ChangeRuleAction.Request change, ActionListener<AcknowledgedResponse> listener) {
            change.clusterManagerNodeTimeout(request.clusterManagerNodeTimeout());
            clients.plugin().execute(ChangeRuleAction.INSTANCE, change, listener);
        }
    }
}
