package org.opensearch.ccr.rest;

import org.opensearch.ccr.bulk.BulkAction;
import org.opensearch.ccr.bulk.BulkRequest;
import org.opensearch.ccr.bulk.BulkVerb;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;

/** {@code POST /_plugins/_replication/_bulk_start}, and the same for stop, pause and resume. */
public final class RestBulk extends RestReplication {

    private final BulkVerb verb;

    RestBulk(BulkVerb verb) {
        this.verb = verb;
    }

    @Override
    public String getName() {
        return "replication_bulk_" + verb.word();
    }

    @Override
    public List<Route> routes() {
        return both(RestRequest.Method.POST, "_bulk_" + verb.word());
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        try (XContentParser parser = request.contentOrSourceParamParser()) {
            BulkRequest bulk = patience(request, BulkRequest.fromXContent(parser, verb));
            return channel -> sided(client).execute(BulkAction.of(verb), bulk, new RestToXContentListener<>(channel));
        }
    }
}
