package org.opensearch.ccr.security;

import org.opensearch.ExceptionsHelper;
import org.opensearch.OpenSearchException;
import org.opensearch.OpenSearchSecurityException;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.ActionNotFoundTransportException;
import org.opensearch.transport.client.Client;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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
    /** Metadata of the refusal: each missing permission as {@code side: permission}. */
    private static final String MISSING = "opensearch.ccr.missing_permissions";
    private static final String BOTH_OR_NEITHER = " The Security plugin must run on both clusters or on neither of them; this one runs ";

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
     * @param leader   name or pattern of the leader's indices
     * @param follower name or pattern of the follower's
     */
    public void check(
        String alias,
        String leader,
        String follower,
        FollowRoles roles,
        TimeValue timeout,
        ActionListener<Void> listener
    ) {
        Client leaderAsCaller = node.getRemoteClusterClient(alias);
        boolean secured = secured();
        SetupProbes probes = new SetupProbes(node, leaderAsCaller, clients, alias, clusterService.getClusterName().value());
        List<SetupProbes.Probe> asked;
        if (secured) {
            if (roles.present() == false) {
                throw new OpenSearchSecurityException("Follower roles are mandatory for replication", RestStatus.FORBIDDEN);
            }
            asked = probes.ofRoles(leader, follower, roles.by(caller()));
        } else {
            asked = List.of(probes.ofPlugin(leader, roles));
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
        Client leaderClient = clients.leader(alias, roles);
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

    private boolean secured() {
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
        OpenSearchException refusal = new OpenSearchSecurityException(text, RestStatus.FORBIDDEN);
        refusal.addMetadata(MISSING, List.copyOf(missing));
        listener.onFailure(refusal);
    }

    private static Exception unchecked(String alias) {
        return new OpenSearchSecurityException(
            "the leader cluster [" + alias + "] lets a role that does not exist pass." + BOTH_OR_NEITHER + "with it",
            RestStatus.FORBIDDEN
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
