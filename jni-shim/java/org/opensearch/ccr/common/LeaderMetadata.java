package org.opensearch.ccr.common;

import org.opensearch.action.admin.cluster.state.ClusterStateRequest;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.gateway.GatewayService;
import org.opensearch.transport.client.Client;

/**
 * What a leader cluster says of one of its indices. A cluster that has just begun answers such questions before it has read its
 * own metadata, with its own UUID and no index at all: that must never be taken for a deleted one.
 */
public final class LeaderMetadata {

    private LeaderMetadata() {}

    /**
     * Answers the cluster's UUID and the index's metadata, without the index when there is none. Nothing else is sent.
     * Fails with class TRANSIENT while the leader does not know its indices yet.
     */
    public static void of(Client leader, String index, ActionListener<Metadata> listener) {
        look(leader, index, false, ActionListener.map(listener, ClusterState::metadata));
    }

    /** As {@link #of}, together with where the index's shards are. */
    public static void withRouting(Client leader, String index, ActionListener<ClusterState> listener) {
        look(leader, index, true, listener);
    }

    private static void look(Client leader, String index, boolean routing, ActionListener<ClusterState> listener) {
        ask(leader, request(index).routingTable(routing), ActionListener.wrap(answer -> {
            if (answer.metadata().indices().isEmpty() == false) {
                listener.onResponse(answer);
                return;
            }
            // Again, and what explains an absence together with it: blocks are those of all indices, so they are not asked for first.
            ask(leader, request(index).routingTable(routing).blocks(true), ActionListener.map(listener, LeaderMetadata::known));
        }, listener::onFailure));
    }

    private static ClusterStateRequest request(String index) {
        return new ClusterStateRequest().clear().metadata(true).indices(index);
    }

    private static void ask(Client leader, ClusterStateRequest request, ActionListener<ClusterState> listener) {
        leader.admin().cluster().state(request, ActionListener.map(listener, answer -> answer.getState()));
    }

    /** @throws org.opensearch.OpenSearchException of class TRANSIENT when the state was answered too early to be believed */
    static ClusterState known(ClusterState state) {
        if (state.blocks().hasGlobalBlock(GatewayService.STATE_NOT_RECOVERED_BLOCK)) {
            String text = "the leader cluster has just begun and does not know its indices yet";
            throw ReplicationException.of(ErrorClass.ERROR_TRANSIENT, RestStatus.SERVICE_UNAVAILABLE, text, null);
        }
        return state;
    }
}
