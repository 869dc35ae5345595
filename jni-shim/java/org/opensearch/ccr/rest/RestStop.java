package org.opensearch.ccr.rest;

import org.opensearch.ccr.action.StopAction;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;

/** {@code POST /_plugins/_replication/{follower}/_stop}; the body must be there and empty: {@code {}}. */
public final class RestStop extends RestFollower {

    @Override
    public String getName() {
        return "replication_stop";
    }

    @Override
    public List<Route> routes() {
        return List.of(new Route(RestRequest.Method.POST, path("_stop")));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        EmptyBody.read(request);
        StopAction.Request stop = new StopAction.Request(follower(request));
        stop.timeout(request.paramAsTime("timeout", stop.timeout()));
        stop.clusterManagerNodeTimeout(request.paramAsTime("cluster_manager_timeout", stop.clusterManagerNodeTimeout()));
        return channel -> client.execute(StopAction.INSTANCE, stop, new RestToXContentListener<>(channel));
    }
}
