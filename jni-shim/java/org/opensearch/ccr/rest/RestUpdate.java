package org.opensearch.ccr.rest;

import org.opensearch.ccr.action.UpdateAction;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;

/** {@code PUT /_plugins/_replication/{follower}/_update}; the body is a map of settings, or that map under {@code settings}. */
public final class RestUpdate extends RestReplication {

    @Override
    public String getName() {
        return "replication_update";
    }

    @Override
    public List<Route> routes() {
        return onFollower(RestRequest.Method.PUT, "_update");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        try (XContentParser parser = request.contentOrSourceParamParser()) {
            UpdateAction.Request update = UpdateAction.Request.fromXContent(parser, follower(request));
            patience(request, update);
            return channel -> sided(client).execute(UpdateAction.INSTANCE, update, new RestToXContentListener<>(channel));
        }
    }
}
