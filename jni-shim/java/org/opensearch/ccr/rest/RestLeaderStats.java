package org.opensearch.ccr.rest;

import org.opensearch.ccr.common.EveryNode;
import org.opensearch.ccr.stats.LeaderStatsAction;
import org.opensearch.rest.RestRequest;
import org.opensearch.transport.client.node.NodeClient;

import java.util.List;

/** {@code GET /_plugins/_replication/leader_stats}; a body is read over. */
public final class RestLeaderStats extends RestReplication {

    @Override
    public String getName() {
        return "replication_leader_stats";
    }

    @Override
    public List<Route> routes() {
        return both(RestRequest.Method.GET, "leader_stats");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        request.content(); // counts as consumed
        return channel -> sided(client).execute(LeaderStatsAction.INSTANCE, new EveryNode(), new PrettyListener<>(channel));
    }
}
