package org.opensearch.ccr.rest;

import org.opensearch.OpenSearchParseException;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.ccr.action.VerifyAction;
import org.opensearch.ccr.action.VerifyRequest;
import org.opensearch.core.common.unit.ByteSizeValue;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestCancellableNodeClient;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.tasks.LoggingTaskListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;

/**
 * {@code POST /_plugins/_replication/{follower}/_verify}. With {@code wait_for_completion=false} it answers a task, whose result
 * the task API has when it is over; otherwise a caller who hangs up ends the comparison.
 */
public final class RestVerify extends RestReplication {

    private static final String RATE = "max_bytes_per_sec";

    @Override
    public String getName() {
        return "replication_verify";
    }

    @Override
    public List<Route> routes() {
        return onFollower(RestRequest.Method.POST, "_verify");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        if (request.hasContent()) {
            EmptyBody.read(request);
        }
        VerifyRequest verify = patience(request, new VerifyRequest(follower(request)));
        verify.resume(request.param("resume"));
        verify.maxDifferences(request.paramAsInt("max_differences", verify.maxDifferences()));
        if (request.hasParam(RATE)) {
            verify.bytesPerSecond(rate(request.param(RATE)));
        }
        verify.maxTime(request.paramAsTime("max_time", null));
        if (request.paramAsBoolean("wait_for_completion", true)) {
            return channel -> sided(new RestCancellableNodeClient(client, request.getHttpChannel())).execute(
                VerifyAction.INSTANCE,
                verify,
                new RestToXContentListener<>(channel)
            );
        }
        verify.storeResult(true);
        ActionRequestValidationException refusal = verify.validate();
        if (refusal != null) {
            throw refusal; // now: a task has nobody to tell it to
        }
        return sendTask(client.getLocalNodeId(), client.executeLocally(VerifyAction.INSTANCE, verify, LoggingTaskListener.instance()));
    }

    private static ByteSizeValue rate(String text) {
        try {
            return ByteSizeValue.parseBytesSizeValue(text, RATE);
        } catch (OpenSearchParseException e) {
            throw new IllegalArgumentException("[" + RATE + "] is [" + text + "], give a size with its unit, for instance [40mb]", e);
        }
    }
}
