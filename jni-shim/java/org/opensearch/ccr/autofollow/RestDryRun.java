package org.opensearch.ccr.autofollow;

import org.opensearch.ccr.rest.RestReplication;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.RestRequest.Method;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code POST _autofollow/_dry_run} with a rule that need not exist as body, and {@code GET} or {@code POST}
 * {@code _autofollow/{rule}/_dry_run} for one that does, with changes to it as body if it has one.
 */
final class RestDryRun extends RestReplication {

    private static final String VERB = "/_dry_run";

    @Override
    public String getName() {
        return "replication_autofollow_dry_run";
    }

    @Override
    public List<Route> routes() {
        return Stream.of(
            both(Method.POST, RestRule.ROOT + VERB),
            both(Method.GET, RestRule.ONE + VERB),
            both(Method.POST, RestRule.ONE + VERB)
        ).flatMap(List::stream).toList();
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        DryRunAction.Request dry;
        if (ends(request, "/" + RestRule.ROOT + VERB) == false) {
            RuleBody body = request.hasContent() ? RestRule.body(request) : new RuleBody();
            dry = new DryRunAction.Request(RestRule.target(request, body), true);
        } else {
            dry = new DryRunAction.Request(RestRule.body(request), false);
        }
        patience(request, dry);
        return channel -> sided(client).execute(DryRunAction.INSTANCE, dry, new RestToXContentListener<>(channel));
    }
}
