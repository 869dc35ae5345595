package org.opensearch.ccr.rest;

import org.opensearch.ccr.action.StopAction;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;

/** {@code POST /_plugins/_replication/{follower}/_stop}; the body must be there and empty: {@code {}}. */
public final class RestStop extends RestReplication {

    @Override
    public String getName() {
        return "replication_stop";
    }

    @Override
    public List<Route> routes() {
        return onFollower(RestRequest.Method.POST, "_stop");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        EmptyBody.read(request);
        StopAction.Request stop = new StopAction.Request(follower(request));
        patience(request, stop);
        return channel -> sided(client).execute(StopAction.INSTANCE, stop, new RestToXContentListener<>(channel));
    }
}
