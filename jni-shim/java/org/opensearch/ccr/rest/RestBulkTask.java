package org.opensearch.ccr.rest;

import org.opensearch.ccr.bulk.BulkTaskCancelAction;
import org.opensearch.ccr.bulk.BulkTaskRequest;
import org.opensearch.ccr.bulk.BulkTaskStatusAction;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.util.ArrayList;
import java.util.List;

/** {@code GET /_plugins/_replication/_task_status/{task_id}} and {@code POST /_plugins/_replication/_task_cancel/{task_id}}. */
public final class RestBulkTask extends RestReplication {

    private static final String TASK = "task_id";

    @Override
    public String getName() {
        return "replication_bulk_task";
    }

    @Override
    public List<Route> routes() {
        List<Route> routes = new ArrayList<>(both(RestRequest.Method.GET, "_task_status/{" + TASK + "}"));
        routes.addAll(both(RestRequest.Method.POST, "_task_cancel/{" + TASK + "}"));
        return routes;
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        request.content(); // counts as consumed
        BulkTaskRequest task = patience(request, new BulkTaskRequest(request.param(TASK)));
        if (request.method() == RestRequest.Method.GET) {
            return channel -> sided(client).execute(BulkTaskStatusAction.INSTANCE, task, new RestToXContentListener<>(channel));
        }
        return channel -> sided(client).execute(BulkTaskCancelAction.INSTANCE, task, new RestToXContentListener<>(channel));
    }
}
