package org.opensearch.ccr.rest;

import org.opensearch.ccr.action.PreflightAction;
import org.opensearch.ccr.action.PreflightRequest;
import org.opensearch.ccr.action.StartAction;
import org.opensearch.ccr.action.StartRequest;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;

/**
 * {@code PUT /_plugins/_replication/{follower}/_start}; the old path also knows the body's old field names.
 * With {@code dry_run=true} nothing is started: the answer is that of {@code _preflight}.
 */
public final class RestStart extends RestReplication {

    @Override
    public String getName() {
        return "replication_start";
    }

    @Override
    public List<Route> routes() {
        return onFollower(RestRequest.Method.PUT, "_start");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        try (XContentParser parser = request.contentOrSourceParamParser()) {
            StartRequest start = StartRequest.fromXContent(parser, follower(request), old(request));
            start.waitForRestore(request.paramAsBoolean("wait_for_restore", false));
            patience(request, start);
            if (request.paramAsBoolean("dry_run", false)) {
                PreflightRequest preflight = patience(request, new PreflightRequest(start.follower(), start));
                return channel -> sided(client).execute(PreflightAction.INSTANCE, preflight, new RestToXContentListener<>(channel));
            }
            return channel -> sided(client).execute(StartAction.INSTANCE, start, new RestToXContentListener<>(channel));
        }
    }
}
