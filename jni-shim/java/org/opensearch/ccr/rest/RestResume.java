package org.opensearch.ccr.rest;

import org.opensearch.ccr.action.ResumeAction;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;

/** {@code POST /_plugins/_replication/{follower}/_resume}; the body must be there: {@code {}} or {@code {"force_resume": true}}. */
public final class RestResume extends RestReplication {

    @Override
    public String getName() {
        return "replication_resume";
    }

    @Override
    public List<Route> routes() {
        return onFollower(RestRequest.Method.POST, "_resume");
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        ResumeAction.Request resume;
        try (XContentParser parser = request.contentOrSourceParamParser()) {
            resume = ResumeAction.Request.fromXContent(parser, follower(request));
        }
        resume.force(request.paramAsBoolean("force_resume", resume.force()));
        patience(request, resume);
        return channel -> sided(client).execute(ResumeAction.INSTANCE, resume, new RestToXContentListener<>(channel));
    }
}
