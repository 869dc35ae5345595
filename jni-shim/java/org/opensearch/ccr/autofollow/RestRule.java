package org.opensearch.ccr.autofollow;

import org.opensearch.ccr.autofollow.UpdateRuleAction.Verb;
import org.opensearch.ccr.rest.RestReplication;
import org.opensearch.ccr.state.RuleFormat;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.RestRequest.Method;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * Making, changing and removing rules: {@code POST} and {@code DELETE _autofollow} with the rule in the body, and below
 * {@code _autofollow/{rule}} {@code PUT}, {@code DELETE}, {@code POST _pause}, {@code POST _resume} and
 * {@code DELETE _tombstones/{follower}}.
 */
final class RestRule extends RestReplication {

    static final String ROOT = "_autofollow";
    static final String ONE = ROOT + "/{rule}";
    private static final String TOMBSTONES = ONE + "/_tombstones";

    @Override
    public String getName() {
        return "replication_autofollow_update";
    }

    @Override
    public List<Route> routes() {
        return Stream.of(
            both(Method.POST, ROOT),
            both(Method.DELETE, ROOT),
            both(Method.PUT, ONE),
            both(Method.DELETE, ONE),
            both(Method.POST, ONE + "/_pause"),
            both(Method.POST, ONE + "/_resume"),
            both(Method.DELETE, TOMBSTONES),
            both(Method.DELETE, TOMBSTONES + "/{follower}")
        ).flatMap(List::stream).toList();
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        UpdateRuleAction.Request update = patience(request, asked(request));
        return channel -> sided(client).execute(UpdateRuleAction.INSTANCE, update, new RestToXContentListener<>(channel));
    }

    private static UpdateRuleAction.Request asked(RestRequest request) throws IOException {
        boolean delete = request.method() == Method.DELETE;
        if (ends(request, "/" + ROOT)) {
            return new UpdateRuleAction.Request(delete ? Verb.DELETE : Verb.CREATE, body(request), null);
        }
        if (request.method() == Method.PUT) {
            return new UpdateRuleAction.Request(Verb.UPDATE, target(request, body(request)), null);
        }
        RuleBody target = target(request, request.hasContent() ? body(request) : new RuleBody());
        if (request.path().contains("/_tombstones")) {
            return new UpdateRuleAction.Request(Verb.FORGET, target, ends(request, "/_tombstones") ? "*" : request.param("follower"));
        }
        if (delete) {
            return new UpdateRuleAction.Request(Verb.DELETE_NAMED, target, null);
        }
        return ends(request, "/_pause")
            ? new UpdateRuleAction.Request(Verb.PAUSE, target, request.param("reason"))
            : new UpdateRuleAction.Request(Verb.RESUME, target, null);
    }

    /** A body must be there. */
    static RuleBody body(RestRequest request) throws IOException {
        try (XContentParser parser = request.contentOrSourceParamParser()) {
            return RuleBody.fromXContent(parser);
        }
    }

    /** The rule that the path names. */
    static RuleBody target(RestRequest request, RuleBody body) {
        body.named(request.param("rule"), request.param(RuleFormat.ALIAS));
        return body;
    }
}
