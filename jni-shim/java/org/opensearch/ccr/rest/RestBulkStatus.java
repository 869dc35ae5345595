package org.opensearch.ccr.rest;

import org.opensearch.ccr.bulk.BulkStatusAction;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.util.List;

/** {@code GET /_plugins/_replication/_bulk_status?pattern=}; a body is read over. */
public final class RestBulkStatus extends RestReplication {

    @Override
    public String getName() {
        return "replication_bulk_status";
    }

    @Override
    public List<Route> routes() {
        return both(RestRequest.Method.GET, "_bulk_status");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        request.content(); // counts as consumed
        String pattern = request.param("pattern");
        if (pattern == null) {
            throw new IllegalArgumentException("pattern parameter is required");
        }
        BulkStatusAction.Request status = new BulkStatusAction.Request(pattern);
        return channel -> sided(client).execute(BulkStatusAction.INSTANCE, status, new RestToXContentListener<>(channel));
    }
}
