package org.opensearch.ccr.security;

import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ContextPreservingActionListener;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.link.LeaderLinks;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.transport.client.Client;
import org.opensearch.transport.client.FilterClient;

import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Clients for work that no user waits for. Each call leaves the caller's identity behind, takes the one it should have, sends,
 * and gives the caller's context back to the listener. Without roles nothing is injected, which is right only when there is no
 * Security plugin: {@code _start} refuses to begin without roles when there is one.
 *
 * <p>A call to a leader that is away waits until {@link LeaderLinks} has looked whether it still is.
 */
public final class RoleClients {

    /**
     * What the Security plugin takes as identity: {@code name|role,role}. The name is for audit logs; without one it is a fixed
     * name. It gets nothing of what it is mapped to, since each call is made from an empty context.
     */
    static final String INJECTED_ROLES = "opendistro_security_injected_roles";
    /** Limits a caller to roles that must be the caller's own. */
    private static final String REQUIRED_ROLES = "opendistro_security_injected_roles_validation";
    static final String INJECTED_NAME = "ccr_user";
    /** Side of a refusal of this cluster. */
    public static final String FOLLOWER_CLUSTER = "follower cluster";

    private final Client node;
    private final LeaderLinks links;

    public RoleClients(Client node, LeaderLinks links) {
        this.node = Objects.requireNonNull(node);
        this.links = Objects.requireNonNull(links);
    }

    /**
     * Calls the leader with the leader's role.
     *
     * @throws org.opensearch.transport.NoSuchRemoteClusterException when the alias is not configured
     */
    public Client leader(String alias, FollowRoles roles) {
        return sided(asLeaderRole(alias, roles), "leader cluster [" + alias + "]");
    }

    /** As {@link #leader}, for whoever tells the side of a refusal itself: the checks of a setup. */
    public Client asLeaderRole(String alias, FollowRoles roles) {
        return new LeaderClient(new InjectingClient(node.getRemoteClusterClient(alias), roles.leader(), roles.user()), alias, links);
    }

    /** Calls this cluster with the follower's role. */
    public Client follower(FollowRoles roles) {
        return sided(asFollowerRole(roles), FOLLOWER_CLUSTER);
    }

    /** As {@link #follower}, for whoever tells the side of a refusal itself: the checks of a setup. */
    public Client asFollowerRole(FollowRoles roles) {
        return new InjectingClient(node, roles.follower(), roles.user());
    }

    /** A client whose refusals name the cluster that refused. */
    public static Client sided(Client client, String side) {
        return new FilterClient(client) {
            @Override
            protected <Request extends ActionRequest, Response extends ActionResponse> void doExecute(
                ActionType<Response> action,
                Request request,
                ActionListener<Response> listener
            ) {
                super.doExecute(
                    action,
                    request,
                    ActionListener.wrap(listener::onResponse, e -> listener.onFailure(Refusals.on(side, action.name(), e)))
                );
            }
        };
    }

    /** Calls this cluster as the plugin itself: its own index, its tasks, its cluster-state updates. */
    public Client plugin() {
        return new InjectingClient(node, null, null);
    }

    /** Calls a leader as the plugin itself; only for what the leader answers without a user, such as cluster state and leases. */
    public Client pluginOnLeader(String alias) {
        return new LeaderClient(new InjectingClient(node.getRemoteClusterClient(alias), null, null), alias, links);
    }

    /** Calls as whoever calls, limited to this one role; refused when it is none of the caller's. For the checks of a setup. */
    public Client limited(Client client, String role) {
        return new FilterClient(client) {
            @Override
            @SuppressWarnings("try") // the context is only held, never read
            protected <Request extends ActionRequest, Response extends ActionResponse> void doExecute(
                ActionType<Response> action,
                Request request,
                ActionListener<Response> listener
            ) {
                ThreadContext context = threadPool().getThreadContext();
                Supplier<ThreadContext.StoredContext> restore = context.newRestorableContext(false);
                try (ThreadContext.StoredContext ignored = context.newStoredContext(false, List.of(REQUIRED_ROLES))) {
                    context.putTransient(REQUIRED_ROLES, role);
                    super.doExecute(action, request, new ContextPreservingActionListener<>(restore, listener));
                }
            }
        };
    }

    private static final class LeaderClient extends FilterClient {
        private final String alias;
        private final LeaderLinks links;

        LeaderClient(Client in, String alias, LeaderLinks links) {
            super(in);
            this.alias = alias;
            this.links = links;
        }

        @Override
        protected <Request extends ActionRequest, Response extends ActionResponse> void doExecute(
            ActionType<Response> action,
            Request request,
            ActionListener<Response> listener
        ) {
            ActionListener<Response> own = ContextPreservingActionListener.wrapPreservingContext(listener, threadPool().getThreadContext());
            links.reach(alias, ActionListener.wrap(there -> send(action, request, links.call(alias, LeaderClient::isLost, own)), own::onFailure));
        }

        private static boolean isLost(Exception e) {
            return ErrorClassifier.classifyCall(e) == ErrorClass.ERROR_UNREACHABLE;
        }

        private <Request extends ActionRequest, Response extends ActionResponse> void send(
            ActionType<Response> action,
            Request request,
            ActionListener<Response> listener
        ) {
            try {
                super.doExecute(action, request, listener);
            } catch (RuntimeException e) {
                listener.onFailure(e);
            }
        }
    }

    private static final class InjectingClient extends FilterClient {
        private final String role;
        private final String name;

        InjectingClient(Client in, String role, String user) {
            super(in);
            this.name = user == null ? INJECTED_NAME : user;
            this.role = role;
        }

        @Override
        @SuppressWarnings("try") // the context is only held, never read
        protected <Request extends ActionRequest, Response extends ActionResponse> void doExecute(
            ActionType<Response> action,
            Request request,
            ActionListener<Response> listener
        ) {
            ThreadContext context = threadPool().getThreadContext();
            Supplier<ThreadContext.StoredContext> restore = context.newRestorableContext(false);
            try (ThreadContext.StoredContext ignored = context.stashContext()) {
                if (role != null) {
                    context.putTransient(INJECTED_ROLES, name + "|" + role);
                }
                super.doExecute(action, request, new ContextPreservingActionListener<>(restore, listener));
            }
        }
    }
}
