package org.opensearch.ccr.rest;

import org.opensearch.ccr.common.EveryNode;
import org.opensearch.ccr.stats.FollowerStatsAction;
import org.opensearch.rest.RestRequest;
import org.opensearch.transport.client.node.NodeClient;

import java.util.List;

/** {@code GET /_plugins/_replication/follower_stats}; a body is read over. */
public final class RestFollowerStats extends RestReplication {

    @Override
    public String getName() {
        return "replication_follower_stats";
    }

    @Override
    public List<Route> routes() {
        return both(RestRequest.Method.GET, "follower_stats");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        request.content(); // counts as consumed
        return channel -> sided(client).execute(FollowerStatsAction.INSTANCE, new EveryNode(), new PrettyListener<>(channel));
    }
}
