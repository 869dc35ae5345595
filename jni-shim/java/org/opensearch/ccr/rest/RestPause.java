package org.opensearch.ccr.rest;

import org.opensearch.ccr.action.PauseAction;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;

/** {@code POST /_plugins/_replication/{follower}/_pause}; the body may be absent. */
public final class RestPause extends RestReplication {

    @Override
    public String getName() {
        return "replication_pause";
    }

    @Override
    public List<Route> routes() {
        return onFollower(RestRequest.Method.POST, "_pause");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        PauseAction.Request pause = read(request);
        patience(request, pause);
        return channel -> sided(client).execute(PauseAction.INSTANCE, pause, new RestToXContentListener<>(channel));
    }

    private static PauseAction.Request read(RestRequest request) throws IOException {
        if (request.hasContentOrSourceParam() == false) {
            return new PauseAction.Request(follower(request));
        }
        try (XContentParser parser = request.contentOrSourceParamParser()) {
            return PauseAction.Request.fromXContent(parser, follower(request));
        }
    }
}
