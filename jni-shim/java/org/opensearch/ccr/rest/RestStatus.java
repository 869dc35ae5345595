package org.opensearch.ccr.rest;

import org.opensearch.ccr.status.StatusAction;
import org.opensearch.ccr.status.StatusForm;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.util.List;

/** {@code GET /_plugins/_replication/{follower}/_status[?verbose=true&amp;detailed=true]}; a body is read over. */
public final class RestStatus extends RestReplication {

    @Override
    public String getName() {
        return "replication_status";
    }

    @Override
    public List<Route> routes() {
        return onFollower(RestRequest.Method.GET, "_status");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        request.content(); // counts as consumed
        StatusAction.Request status = new StatusAction.Request(
            follower(request),
            new StatusForm(request.paramAsBoolean("verbose", false), request.paramAsBoolean("detailed", false))
        );
        return channel -> sided(client).execute(StatusAction.INSTANCE, status, new RestToXContentListener<>(channel));
    }
}
