package org.opensearch.ccr.autofollow;

import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.leader.Listing;
import org.opensearch.ccr.leader.ListingRequest;
import org.opensearch.ccr.leader.SetupValidateAction;
import org.opensearch.ccr.leader.SetupValidateRequest;
import org.opensearch.ccr.leader.SetupValidateResponse;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.threadpool.ThreadPool;

import java.util.List;

/** Asks a leader for its indices, with the rule's role. */
public final class LeaderCalls {

    /** How long an answer may take beyond the time that the leader was told to wait. */
    private static final TimeValue ANSWER = TimeValue.timeValueSeconds(10);

    private final RoleClients clients;
    private final ThreadPool threadPool;

    public LeaderCalls(RoleClients clients, ThreadPool threadPool) {
        this.clients = clients;
        this.threadPool = threadPool;
    }

    /** Answers what there is. */
    void list(String alias, FollowRoles roles, List<String> patterns, ActionListener<Listing> listener) {
        send(alias, roles, new ListingRequest(patterns, 0, 0), listener);
    }

    /** Answers {@link Listing#AGAIN} as soon as there is something else than {@code known}, or after the wait. */
    void watch(String alias, FollowRoles roles, List<String> patterns, long known, TimeValue wait, ActionListener<Listing> listener) {
        send(alias, roles, new ListingRequest(patterns, known, wait.millis()), listener);
    }

    private void send(String alias, FollowRoles roles, ListingRequest listing, ActionListener<Listing> listener) {
        ActionListener<AcknowledgedResponse> timed = ListenerTimeouts.wrapWithTimeout(
            threadPool,
            ActionListener.map(listener, answer -> ((SetupValidateResponse) answer).listing()),
            TimeValue.timeValueMillis(listing.waitMillis() + ANSWER.millis()),
            ThreadPool.Names.GENERIC,
            "auto-follow's look at the indices of [" + alias + "]"
        );
        try {
            clients.leader(alias, roles).execute(SetupValidateAction.INSTANCE, SetupValidateRequest.listing(alias, roles.leader(), listing), timed);
        } catch (Exception e) {
            timed.onFailure(e); // the alias is not configured, for instance
        }
    }
}
