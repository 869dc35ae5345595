package org.opensearch.ccr.security;

import org.opensearch.ExceptionsHelper;
import org.opensearch.OpenSearchSecurityException;
import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.leader.SetupValidateAction;
import org.opensearch.ccr.leader.SetupValidateRequest;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.ActionNotFoundTransportException;
import org.opensearch.transport.client.Client;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Whether a caller may replicate: the leader must have the plugin, and, where there is a Security plugin, the caller and the
 * roles that are to do the work must be allowed to on both sides. The answer is whether a call that does nothing gets through.
 */
public final class SetupCheck {

    /** What the Security plugin leaves behind for an authenticated caller; the second alone is an administrator's certificate. */
    private static final String USER_INFO = "_opendistro_security_user_info";
    private static final String USER = "_opendistro_security_user";

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
     * missing, plugin missing on the leader, or the refusal of the Security plugin of either side.
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
        Deque<Consumer<ActionListener<AcknowledgedResponse>>> probes = new ArrayDeque<>();
        String cluster = clusterService.getClusterName().value();
        if (secured()) {
            if (roles.present() == false) {
                throw new OpenSearchSecurityException("Follower roles are mandatory for replication", RestStatus.FORBIDDEN);
            }
            SetupValidateRequest here = new SetupValidateRequest(cluster, follower, roles.follower());
            SetupValidateRequest there = new SetupValidateRequest(alias, leader, roles.leader());
            for (Client asked : List.of(node, clients.follower(roles))) {
                probes.add(next -> asked.execute(SetupValidateAction.INSTANCE, here, next));
            }
            for (Client asked : List.of(leaderAsCaller, clients.leader(alias, roles))) {
                probes.add(next -> asked.execute(SetupValidateAction.INSTANCE, there, next));
            }
        } else {
            SetupValidateRequest there = new SetupValidateRequest(alias, leader, roles.leader());
            probes.add(next -> leaderAsCaller.execute(SetupValidateAction.INSTANCE, there, next));
        }
        run(probes, ListenerTimeouts.wrapWithTimeout(threadPool, listener, timeout, ThreadPool.Names.GENERIC, "replication setup check"));
    }

    private boolean secured() {
        ThreadContext context = threadPool.getThreadContext();
        return context.getTransient(USER_INFO) != null || context.getTransient(USER) != null;
    }

    private static void run(Deque<Consumer<ActionListener<AcknowledgedResponse>>> probes, ActionListener<Void> listener) {
        Consumer<ActionListener<AcknowledgedResponse>> probe = probes.poll();
        if (probe == null) {
            listener.onResponse(null);
            return;
        }
        probe.accept(ActionListener.wrap(allowed -> run(probes, listener), e -> {
            if (ExceptionsHelper.unwrap(e, ActionNotFoundTransportException.class) != null) {
                listener.onFailure(new UnsupportedOperationException("Replication is not enabled on the remote domain"));
            } else {
                listener.onFailure(e);
            }
        }));
    }
}
