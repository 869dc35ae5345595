package org.opensearch.ccr.index;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.action.admin.indices.delete.DeleteIndexRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.common.LeaderMetadata;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.state.IndexFollowParams;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.core.action.ActionListener;

/** Deletes a follower whose leader index was deleted, where that is wanted. */
public final class FollowerDeletion {

    /** A deletion that no user has asked for, and that no setting refuses. It is told apart on the node that asks. */
    public static final class Request extends DeleteIndexRequest {
        Request(String follower) {
            super(follower);
        }
    }

    private static final Logger LOGGER = LogManager.getLogger(FollowerDeletion.class);

    private final ClusterService clusterService;
    private final RoleClients clients;

    public FollowerDeletion(ClusterService clusterService, RoleClients clients) {
        this.clusterService = clusterService;
        this.clients = clients;
    }

    /**
     * Makes sure with the leader that its index is gone: the cluster must be the one that had it, and nothing may have its name
     * now, because a cluster put in another's place, or an index made anew, is no reason to delete anything.
     */
    void confirm(IndexFollowParams what, ActionListener<Boolean> listener) {
        LeaderOrigin origin = LeaderOrigin.of(clusterService.state().metadata().index(what.follower()));
        LeaderMetadata.of(clients.pluginOnLeader(what.alias()), what.leader().getName(), ActionListener.wrap(there -> {
            boolean same = there.clusterUUID().equals(origin.clusterUuid());
            boolean gone = same && there.indices().isEmpty();
            if (gone == false) {
                LOGGER.warn("[{}] is kept: {}", what.follower(), same ? "another index has the leader's name" : "another cluster answers");
            }
            listener.onResponse(gone);
        }, listener::onFailure));
    }

    /** Stops the replication and deletes the index. The task of the replication must not wait for this: it has to end first. */
    void delete(IndexFollowParams what, ActionListener<AcknowledgedResponse> listener) {
        LOGGER.info("[{}] is deleted, as its leader index [{}] was", what.follower(), what.leader());
        clients.plugin().admin().indices().delete(new Request(what.follower()), listener);
    }
}
