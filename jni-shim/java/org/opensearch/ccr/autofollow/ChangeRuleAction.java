package org.opensearch.ccr.autofollow;

import org.opensearch.OpenSearchStatusException;
import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.metadata.ManagerTransport;
import org.opensearch.ccr.state.Rule;
import org.opensearch.ccr.state.RuleSet;
import org.opensearch.ccr.state.Tombstone;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.persistent.PersistentTasksCustomMetadata;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Changes one rule and its task together, on the cluster manager. A rule in force has a task, a paused one has none. */
public final class ChangeRuleAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "internal:cluster:admin/plugins/replication/autofollow/update";
    public static final ChangeRuleAction INSTANCE = new ChangeRuleAction();

    private ChangeRuleAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    enum Change {
        /** Fails when there is one of that name. */
        CREATE,
        /** Fails with 409 when the rule is not of the version any more that the new one was made from. */
        REPLACE,
        PAUSE,
        RESUME,
        /** Succeeds, too, when there is none. */
        REMOVE,
        /** Takes tombstones away. */
        FORGET
    }

    public static final class Request extends AcknowledgedRequest<Request> {
        private final Change change;
        private final String alias;
        private final String name;
        private final Rule rule;
        private final String reason;
        private final List<String> followers;

        private Request(Change change, String alias, String name, Rule rule, String reason, List<String> followers) {
            this.change = change;
            this.alias = alias;
            this.name = name;
            this.rule = rule;
            this.reason = reason;
            this.followers = followers;
        }

        static Request create(Rule rule) {
            return new Request(Change.CREATE, rule.alias(), rule.name(), rule, null, List.of());
        }

        static Request replace(Rule rule) {
            return new Request(Change.REPLACE, rule.alias(), rule.name(), rule, null, List.of());
        }

        static Request pause(String alias, String name, String reason) {
            return new Request(Change.PAUSE, alias, name, null, reason, List.of());
        }

        static Request resume(String alias, String name) {
            return new Request(Change.RESUME, alias, name, null, null, List.of());
        }

        static Request remove(String alias, String name) {
            return new Request(Change.REMOVE, alias, name, null, null, List.of());
        }

        static Request forget(String alias, String name, List<String> followers) {
            return new Request(Change.FORGET, alias, name, null, null, followers);
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            change = in.readEnum(Change.class);
            alias = in.readString();
            name = in.readString();
            rule = in.readOptionalWriteable(Rule::new);
            reason = in.readOptionalString();
            followers = in.readStringList();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeEnum(change);
            out.writeString(alias);
            out.writeString(name);
            out.writeOptionalWriteable(rule);
            out.writeOptionalString(reason);
            out.writeStringCollection(followers);
        }

        @Override
        public ActionRequestValidationException validate() {
            return null;
        }
    }

    public static final class Transport extends ManagerTransport<Request, AcknowledgedResponse> {

        @Inject
        public Transport(Services services) {
            super(NAME, services, Request::new, AcknowledgedResponse::new);
        }

        @Override
        protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            String source = "replication-autofollow-" + request.change + " [" + request.alias + ":" + request.name + "]";
            update(source, request, current -> changed(current, request), listener);
        }
    }

    private static ClusterState changed(ClusterState current, Request request) {
        RuleSet rules = RuleSet.of(current);
        Rule old = rules.get(request.alias, request.name);
        if (old == null && (request.change == Change.REMOVE || request.change == Change.FORGET)) {
            return current;
        }
        Rule now = request.change == Change.REMOVE ? null : next(request, old);
        if (now != null && now.equals(old)) {
            return current;
        }
        RuleSet after = now == null ? rules.without(request.alias, request.name) : rules.with(now);
        Metadata.Builder metadata = Metadata.builder(current.metadata()).putCustom(RuleSet.TYPE, after);
        PersistentTasksCustomMetadata had = current.metadata().custom(PersistentTasksCustomMetadata.TYPE);
        PersistentTasksCustomMetadata.Builder tasks = PersistentTasksCustomMetadata.builder(had);
        task(tasks, new AutoFollowParams(request.alias, request.name), now != null && now.paused() == false);
        if (tasks.isChanged()) {
            metadata.putCustom(PersistentTasksCustomMetadata.TYPE, tasks.build());
        }
        return ClusterState.builder(current).metadata(metadata).build();
    }

    private static Rule next(Request request, Rule old) {
        if (request.change == Change.CREATE) {
            if (old != null) {
                throw exists(request.alias, request.name);
            }
            return request.rule;
        }
        if (old == null) {
            throw new ResourceNotFoundException("no auto-follow rule [{}] for leader_alias [{}]", request.name, request.alias);
        }
        return switch (request.change) {
            case REPLACE -> {
                if (old.version() != request.rule.version()) {
                    throw new OpenSearchStatusException(
                        "auto-follow rule [" + request.name + "] was changed by somebody else meanwhile: look at it and try again",
                        RestStatus.CONFLICT
                    );
                }
                yield request.rule.versioned(old.version() + 1, old.tombstones());
            }
            case PAUSE -> old.paused() ? old : old.paused(request.reason);
            case RESUME -> old.paused() ? old.paused(null) : old;
            case FORGET -> old.versioned(old.version(), kept(old, request.followers));
            case CREATE, REMOVE -> throw new IllegalArgumentException("[" + request.change + "] changes no rule");
        };
    }

    private static Map<String, Tombstone> kept(Rule rule, List<String> forgotten) {
        return rule.tombstones().entrySet().stream()
            .filter(entry -> forgotten.contains(entry.getKey()) == false)
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static void task(PersistentTasksCustomMetadata.Builder tasks, AutoFollowParams params, boolean wanted) {
        boolean there = tasks.hasTask(params.taskId());
        if (wanted && there == false) {
            // The persistent tasks' own service places it as soon as it sees it.
            tasks.addTask(params.taskId(), AutoFollowParams.NAME, params, PersistentTasksCustomMetadata.INITIAL_ASSIGNMENT);
        } else if (wanted == false && there) {
            tasks.removeTask(params.taskId());
        }
    }

    /** The contract's words, with its cause; a request that cannot be carried out as it is, so 400. */
    static OpenSearchStatusException exists(String alias, String name) {
        return new OpenSearchStatusException(
            "Exisiting autofollow replication rule cannot be recreated/updated",
            RestStatus.BAD_REQUEST,
            new ResourceAlreadyExistsException("task with id {" + new AutoFollowParams(alias, name).taskId() + "} already exist")
        );
    }
}
