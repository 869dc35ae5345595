package org.opensearch.ccr.rest;

import org.opensearch.ccr.status.FollowerFilter;
import org.opensearch.ccr.status.FollowerLists;
import org.opensearch.ccr.status.StatusForm;
import org.opensearch.ccr.status.StatusResponse;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.rest.BytesRestResponse;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.RestResponse;
import org.opensearch.rest.action.RestResponseListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** {@code GET /_plugins/_replication/_status[?pattern=&amp;state=&amp;verbose=&amp;detailed=]}: every follower that the caller may see. */
public final class RestStatusList extends RestReplication {

    private final FollowerLists lists;

    public RestStatusList(FollowerLists lists) {
        this.lists = lists;
    }

    @Override
    public String getName() {
        return "replication_status_list";
    }

    @Override
    public List<Route> routes() {
        return both(RestRequest.Method.GET, "_status");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        request.content(); // counts as consumed
        FollowerFilter filter = FollowerFilter.of(request.param("pattern"), request.param("state"));
        StatusForm form = new StatusForm(request.paramAsBoolean("verbose", false), request.paramAsBoolean("detailed", false));
        return channel -> lists.statuses(client, filter, form, new RestResponseListener<>(channel) {
            @Override
            public RestResponse buildResponse(SortedMap<String, StatusResponse> found) throws IOException {
                XContentBuilder builder = channel.newBuilder().startObject().field("total", found.size()).startObject("indices");
                for (Map.Entry<String, StatusResponse> status : found.entrySet()) {
                    builder.field(status.getKey());
                    status.getValue().toXContent(builder, request);
                }
                return new BytesRestResponse(RestStatus.OK, builder.endObject().endObject());
            }
        });
    }
}
