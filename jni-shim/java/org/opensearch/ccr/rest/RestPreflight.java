package org.opensearch.ccr.rest;

import org.opensearch.ccr.action.PreflightAction;
import org.opensearch.ccr.action.PreflightRequest;
import org.opensearch.ccr.action.StartRequest;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;

/**
 * {@code GET /_plugins/_replication/{follower}/_preflight}: with the body of a {@code _start}, with {@code leader_alias} and
 * {@code leader_index} as parameters, or with neither for a replication that is there.
 */
public final class RestPreflight extends RestReplication {

    private static final String ALIAS = "leader_alias";
    private static final String INDEX = "leader_index";

    @Override
    public String getName() {
        return "replication_preflight";
    }

    @Override
    public List<Route> routes() {
        return onFollower(RestRequest.Method.GET, "_preflight");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        PreflightRequest preflight = patience(request, new PreflightRequest(follower(request), start(request)));
        return channel -> sided(client).execute(PreflightAction.INSTANCE, preflight, new RestToXContentListener<>(channel));
    }

    private static StartRequest start(RestRequest request) throws IOException {
        if (request.hasContentOrSourceParam()) {
            try (XContentParser parser = request.contentOrSourceParamParser()) {
                return patience(request, StartRequest.fromXContent(parser, follower(request), old(request)));
            }
        }
        if (request.hasParam(ALIAS) || request.hasParam(INDEX)) {
            return patience(request, StartRequest.of(follower(request), request.param(ALIAS), request.param(INDEX)));
        }
        return null;
    }
}
