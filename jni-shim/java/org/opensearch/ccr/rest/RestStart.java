package org.opensearch.ccr.rest;

import org.opensearch.ccr.action.StartAction;
import org.opensearch.ccr.action.StartRequest;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;

/** {@code PUT /_plugins/_replication/{follower}/_start}; the old path also knows the body's old field names. */
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
            return channel -> client.execute(StartAction.INSTANCE, start, new RestToXContentListener<>(channel));
        }
    }
}
