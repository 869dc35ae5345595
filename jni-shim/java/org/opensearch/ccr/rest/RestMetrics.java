package org.opensearch.ccr.rest;

import org.opensearch.ccr.common.OpenMetrics;
import org.opensearch.ccr.status.Metrics;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.rest.BytesRestResponse;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.RestResponse;
import org.opensearch.rest.action.RestResponseListener;
import org.opensearch.transport.client.node.NodeClient;

import java.util.List;

/** {@code GET /_plugins/_replication/_metrics}: OpenMetrics text for the whole cluster. */
public final class RestMetrics extends RestReplication {

    private final Metrics metrics;

    public RestMetrics(Metrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public String getName() {
        return "replication_metrics";
    }

    @Override
    public List<Route> routes() {
        return both(RestRequest.Method.GET, "_metrics");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        return channel -> metrics.read(sided(client), new RestResponseListener<>(channel) {
            @Override
            public RestResponse buildResponse(String text) {
                return new BytesRestResponse(RestStatus.OK, OpenMetrics.CONTENT_TYPE, new BytesArray(text));
            }
        });
    }
}
