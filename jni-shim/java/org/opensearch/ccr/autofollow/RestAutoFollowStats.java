package org.opensearch.ccr.autofollow;

import org.opensearch.ccr.common.EveryNode;
import org.opensearch.ccr.rest.RestReplication;
import org.opensearch.ccr.status.FollowerLists;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.rest.BytesRestResponse;
import org.opensearch.rest.RestRequest.Method;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.RestResponse;
import org.opensearch.rest.action.RestResponseListener;
import org.opensearch.transport.client.node.NodeClient;

import java.util.List;

/** {@code GET autofollow_stats}: always printed for people, as the contract has it. */
final class RestAutoFollowStats extends RestReplication {

    private final FollowerLists lists;

    RestAutoFollowStats(FollowerLists lists) {
        this.lists = lists;
    }

    @Override
    public String getName() {
        return "replication_autofollow_stats";
    }

    @Override
    public List<Route> routes() {
        return both(Method.GET, "autofollow_stats");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        request.content(); // counts as consumed
        return channel -> {
            RestResponseListener<List<RuleReport>> answer = new RestResponseListener<>(channel) {
                @Override
                public RestResponse buildResponse(List<RuleReport> reports) throws Exception {
                    try (XContentBuilder builder = channel.newBuilder().prettyPrint()) {
                        RuleReport.writeStats(reports, builder);
                        return new BytesRestResponse(RestStatus.OK, builder);
                    }
                }
            };
            sided(client).execute(
                ProgressAction.INSTANCE,
                new EveryNode(),
                ActionListener.wrap(found -> RuleSight.limit(lists, client, found.reports(), answer), answer::onFailure)
            );
        };
    }
}
