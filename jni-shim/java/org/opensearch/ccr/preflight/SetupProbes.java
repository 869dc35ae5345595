package org.opensearch.ccr.preflight;

import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionType;
import org.opensearch.ccr.follower.ReplayBatchAction;
import org.opensearch.ccr.follower.ReplayBatchRequest;
import org.opensearch.ccr.leader.FetchBatchAction;
import org.opensearch.ccr.leader.FetchBatchRequest;
import org.opensearch.ccr.leader.LeaderFilesAction;
import org.opensearch.ccr.leader.LeaderFilesRequest;
import org.opensearch.ccr.leader.SetupValidateAction;
import org.opensearch.ccr.leader.SetupValidateRequest;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.common.UUIDs;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.transport.client.Client;

import java.util.List;
import java.util.function.Consumer;

/**
 * The calls by which a replication finds out beforehand what it will be allowed to do. None of them changes anything or answers
 * anything of an index: they name an index that cannot be, so that only the Security plugin has something to say to them.
 */
final class SetupProbes {

    private final Client here;
    private final Client there;
    private final RoleClients clients;
    private final String alias;
    private final String cluster;

    /**
     * One call.
     *
     * @param side               for people: which cluster was asked
     * @param permission         what the call needs
     * @param passesWhenAnswered any answer but a refusal shows that it is allowed
     * @param mustFail           it is good when it is refused
     */
    record Probe(
        String side,
        String permission,
        boolean passesWhenAnswered,
        boolean mustFail,
        Consumer<ActionListener<Void>> call
    ) {}

    SetupProbes(Client here, Client there, RoleClients clients, String alias, String cluster) {
        this.here = here;
        this.there = there;
        this.clients = clients;
        this.alias = alias;
        this.cluster = cluster;
    }

    /** Whether the leader can be reached and has the plugin. */
    Probe ofPlugin(String leader, FollowRoles roles) {
        return leaderSetup(there, leader, roles);
    }

    /** Everything that the caller and the two roles need. */
    List<Probe> ofRoles(String leader, String follower, FollowRoles roles) {
        Client followerRole = clients.asFollowerRole(roles);
        Client leaderRole = clients.asLeaderRole(alias, roles);
        return List.of(
            leaderSetup(there, leader, roles),
            leaderSetup(clients.limited(there, roles.leader()), leader, roles),
            leaderSetup(leaderRole, leader, roles),
            use("leader cluster [" + alias + "]", leaderRole, FetchBatchAction.INSTANCE, FetchBatchRequest.probe(leader)),
            use("leader cluster [" + alias + "]", leaderRole, LeaderFilesAction.INSTANCE, LeaderFilesRequest.permission(leader)),
            followerSetup(here, follower, roles),
            followerSetup(clients.limited(here, roles.follower()), follower, roles),
            followerSetup(followerRole, follower, roles),
            use("follower cluster [" + cluster + "]", followerRole, ReplayBatchAction.INSTANCE, ReplayBatchRequest.probe(follower)),
            nobody(leader, roles.user())
        );
    }

    /** What the two roles need to do the work that a caller has begun. */
    List<Probe> ofRolesAlone(String leader, String follower, FollowRoles roles) {
        Client followerRole = clients.asFollowerRole(roles);
        Client leaderRole = clients.asLeaderRole(alias, roles);
        return List.of(
            leaderSetup(leaderRole, leader, roles),
            use("leader cluster [" + alias + "]", leaderRole, FetchBatchAction.INSTANCE, FetchBatchRequest.probe(leader)),
            use("leader cluster [" + alias + "]", leaderRole, LeaderFilesAction.INSTANCE, LeaderFilesRequest.permission(leader)),
            followerSetup(followerRole, follower, roles),
            use("follower cluster [" + cluster + "]", followerRole, ReplayBatchAction.INSTANCE, ReplayBatchRequest.probe(follower))
        );
    }

    private Probe leaderSetup(Client asked, String leader, FollowRoles roles) {
        SetupValidateRequest request = new SetupValidateRequest(alias, leader, roles.leader());
        return setup("leader cluster [" + alias + "]", asked, request, false);
    }

    private Probe followerSetup(Client asked, String follower, FollowRoles roles) {
        SetupValidateRequest request = new SetupValidateRequest(cluster, follower, roles.follower());
        return setup("follower cluster [" + cluster + "]", asked, request, false);
    }

    /** A leader that lets this pass looks at no permission at all. */
    private Probe nobody(String leader, String user) {
        String role = "no-role-" + UUIDs.randomBase64UUID();
        SetupValidateRequest request = new SetupValidateRequest(alias, leader, role);
        return setup("leader cluster [" + alias + "]", clients.asLeaderRole(alias, new FollowRoles(role, role, user)), request, true);
    }

    private static Probe setup(String side, Client asked, SetupValidateRequest request, boolean mustFail) {
        return new Probe(side, SetupValidateAction.NAME, false, mustFail, call(asked, SetupValidateAction.INSTANCE, request));
    }

    private static <Request extends ActionRequest, Response extends ActionResponse> Probe use(
        String side,
        Client asked,
        ActionType<Response> action,
        Request request
    ) {
        return new Probe(side, action.name(), true, false, call(asked, action, request));
    }

    private static <Request extends ActionRequest, Response extends ActionResponse> Consumer<ActionListener<Void>> call(
        Client asked,
        ActionType<Response> action,
        Request request
    ) {
        return listener -> asked.execute(action, request, ActionListener.map(listener, answer -> null));
    }
}
