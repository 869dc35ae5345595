package org.opensearch.ccr.autofollow;

import org.opensearch.ccr.rest.RestReplication;
import org.opensearch.ccr.state.RuleFormat;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.RestRequest.Method;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.util.List;
import java.util.stream.Stream;

/** {@code GET _autofollow} and {@code GET _autofollow/{rule}}, whose name may have wildcards; {@code leader_alias} narrows both. */
final class RestGetRules extends RestReplication {

    @Override
    public String getName() {
        return "replication_autofollow_get";
    }

    @Override
    public List<Route> routes() {
        return Stream.of(both(Method.GET, RestRule.ROOT), both(Method.GET, RestRule.ONE)).flatMap(List::stream).toList();
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        request.content(); // counts as consumed
        String rules = ends(request, "/" + RestRule.ROOT) ? "*" : request.param("rule");
        GetRulesAction.Request get = new GetRulesAction.Request(request.param(RuleFormat.ALIAS), rules);
        return channel -> sided(client).execute(GetRulesAction.INSTANCE, get, new RestToXContentListener<>(channel));
    }
}
