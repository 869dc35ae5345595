package org.opensearch.ccr.preflight;

import org.opensearch.ExceptionsHelper;
import org.opensearch.OpenSearchSecurityException;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.leader.SetupValidateAction;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.Refusals;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.action.ActionListener;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.ActionNotFoundTransportException;
import org.opensearch.transport.client.Client;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Whether a caller may replicate: the leader must have the plugin, and, where there is a Security plugin, the caller must be
 * allowed to begin, must have the roles that are to do the work, and these must be allowed to do it, on both sides. Whatever is
 * missing is told at once. An administrator's certificate is above all this on the cluster that knows it, and nobody elsewhere.
 */
public final class SetupCheck {

    /** What the Security plugin leaves behind for an authenticated caller; the second alone is an administrator's certificate. */
    private static final String USER_INFO = "_opendistro_security_user_info";
    private static final String USER = "_opendistro_security_user";
    private static final String BOTH_OR_NEITHER = " The Security plugin must run on both clusters or on neither of them; this one runs ";

    /**
     * A leader index and its follower. A pattern stands for every name that it matches: rights are asked on one that no role
     * can have meant unless it means them all. On the pattern itself, the Security plugin asks for rights on the indices that
     * there are, which are none where it matches nothing: everybody would pass, and whether one does would be told.
     */
    public record Names(String leader, String follower) {
        public Names {
            leader = any(leader);
            follower = any(follower);
        }

        /** Of a pattern and how a follower is called then. */
        public static Names of(String pattern, UnaryOperator<String> follower) {
            String leader = any(pattern);
            return new Names(leader, follower.apply(leader));
        }

        private static String any(String pattern) {
            return pattern.replace("*", UUID.randomUUID().toString()); // hexadecimal: no sign at its beginning that means something
        }
    }

    private final Client node;
    private final RoleClients clients;
    private final ClusterService clusterService;
    private final ThreadPool threadPool;

    public SetupCheck(Client node, RoleClients clients, ClusterService clusterService, ThreadPool threadPool) {
        this.node = node;
        this.clients = clients;
        this.clusterService = clusterService;
        this.threadPool = threadPool;
    }

    /**
     * To be called in the caller's own context. Fails with the exception that the API contract names: unknown alias, roles
     * missing, plugin missing on the leader, or one refusal that lists every permission that is missing on either side.
     *
     * @param leader   the leader's index
     * @param follower the follower's
     */
    public void check(
        String alias,
        String leader,
        String follower,
        FollowRoles roles,
        TimeValue timeout,
        ActionListener<Void> listener
    ) {
        check(alias, List.of(new Names(leader, follower)), roles, timeout, listener);
    }

    /** The same for several pairs of indices, any of which may be a pattern: all that is missing for any of them is told at once. */
    public void check(String alias, List<Names> names, FollowRoles roles, TimeValue timeout, ActionListener<Void> listener) {
        Client leaderAsCaller = node.getRemoteClusterClient(alias);
        boolean secured = secured();
        SetupProbes probes = new SetupProbes(node, leaderAsCaller, clients, alias, clusterService.getClusterName().value());
        List<SetupProbes.Probe> asked;
        if (secured) {
            if (roles.present() == false) {
                throw Refusals.of("Follower roles are mandatory for replication", List.of(RoleClients.FOLLOWER_CLUSTER + ": use_roles"));
            }
            FollowRoles named = roles.by(caller());
            asked = names.stream().flatMap(one -> probes.ofRoles(one.leader(), one.follower(), named).stream()).toList();
        } else {
            asked = names.stream().map(one -> probes.ofPlugin(one.leader(), roles)).toList();
        }
        ask(alias, secured, asked, timeout, listener);
    }

    /** For work in the background: whether the roles, or the plugin itself where there are none, may replicate still. */
    public void checkRoles(
        String alias,
        String leader,
        String follower,
        FollowRoles roles,
        TimeValue timeout,
        ActionListener<Void> listener
    ) {
        Client leaderClient = clients.asLeaderRole(alias, roles);
        SetupProbes probes = new SetupProbes(clients.plugin(), leaderClient, clients, alias, clusterService.getClusterName().value());
        boolean secured = roles.present();
        List<SetupProbes.Probe> asked = secured ? probes.ofRolesAlone(leader, follower, roles) : List.of(probes.ofPlugin(leader, roles));
        ask(alias, secured, asked, timeout, listener);
    }

    private void ask(
        String alias,
        boolean secured,
        List<SetupProbes.Probe> asked,
        TimeValue timeout,
        ActionListener<Void> listener
    ) {
        ActionListener<Void> timed = ListenerTimeouts.wrapWithTimeout(
            threadPool,
            listener,
            timeout,
            ThreadPool.Names.GENERIC,
            "replication setup check"
        );
        GroupedActionListener<Outcome> all = new GroupedActionListener<>(
            ActionListener.wrap(
                outcomes -> conclude(alias, secured, outcomes.stream().sorted(Comparator.comparing(o -> asked.indexOf(o.probe()))).toList(), timed),
                timed::onFailure
            ),
            asked.size()
        );
        for (SetupProbes.Probe probe : asked) {
            ActionListener<Void> answer = ActionListener.wrap(
                allowed -> all.onResponse(new Outcome(probe, null)),
                e -> all.onResponse(new Outcome(probe, e))
            );
            try {
                probe.call().accept(answer);
            } catch (Exception e) {
                answer.onFailure(e);
            }
        }
    }

    /** @param failure null when the call got through */
    private record Outcome(SetupProbes.Probe probe, Exception failure) {
        boolean refused() {
            return failure != null && ExceptionsHelper.unwrap(failure, OpenSearchSecurityException.class) != null;
        }
    }

    /** Name of the caller in whose context this is called; null for an administrator's certificate, and without security. */
    public String caller() {
        String info = threadPool.getThreadContext().getTransient(USER_INFO);
        return info == null ? null : info.substring(0, Math.max(0, info.indexOf('|')));
    }

    /** Whether a Security plugin runs here. To be called in the caller's own context. */
    public boolean secured() {
        ThreadContext context = threadPool.getThreadContext();
        return context.getTransient(USER_INFO) != null || context.getTransient(USER) != null;
    }

    private static void conclude(String alias, boolean secured, List<Outcome> outcomes, ActionListener<Void> listener) {
        Set<String> sides = new LinkedHashSet<>();
        Set<String> missing = new LinkedHashSet<>();
        for (Outcome outcome : outcomes) {
            if (outcome.probe().mustFail()) {
                if (outcome.failure() == null) {
                    listener.onFailure(unchecked(alias));
                    return;
                }
            } else if (outcome.refused()) {
                sides.add("on the " + outcome.probe().side() + ": " + ExceptionsHelper.unwrapCause(outcome.failure()).getMessage());
                missing.add(outcome.probe().side() + ": " + outcome.probe().permission());
            } else if (outcome.failure() != null && outcome.probe().passesWhenAnswered() == false) {
                listener.onFailure(unusable(alias, secured, outcome.failure()));
                return;
            }
        }
        if (missing.isEmpty()) {
            listener.onResponse(null);
            return;
        }
        String text = sides.stream().collect(Collectors.joining("; "));
        if (secured == false) {
            text += "." + BOTH_OR_NEITHER + "without it";
        }
        listener.onFailure(Refusals.of(text, List.copyOf(missing)));
    }

    private static Exception unchecked(String alias) {
        return Refusals.of(
            "the leader cluster [" + alias + "] lets a role that does not exist pass." + BOTH_OR_NEITHER + "with it",
            List.of("leader cluster [" + alias + "]: " + SetupValidateAction.NAME)
        );
    }

    private static Exception unusable(String alias, boolean secured, Exception e) {
        if (ExceptionsHelper.unwrap(e, ActionNotFoundTransportException.class) != null) {
            return new UnsupportedOperationException("Replication is not enabled on the remote domain");
        }
        if (ErrorClassifier.classifyCall(e) != ErrorClass.ERROR_UNREACHABLE) {
            return e;
        }
        return new OpenSearchStatusException(
            "the leader cluster [" + alias + "] cannot be connected to." + BOTH_OR_NEITHER + (secured ? "with it" : "without it"),
            ExceptionsHelper.status(e),
            e
        );
    }
}
