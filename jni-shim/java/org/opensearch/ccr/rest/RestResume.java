package org.opensearch.ccr.rest;

import org.opensearch.ccr.action.ResumeAction;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;

/** {@code POST /_plugins/_replication/{follower}/_resume}; the body must be there and empty: {@code {}}. */
public final class RestResume extends RestFollower {

    @Override
    public String getName() {
        return "replication_resume";
    }

    @Override
    public List<Route> routes() {
        return List.of(new Route(RestRequest.Method.POST, path("_resume")));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        EmptyBody.read(request);
        ResumeAction.Request resume = new ResumeAction.Request(follower(request));
        resume.timeout(request.paramAsTime("timeout", resume.timeout()));
        resume.clusterManagerNodeTimeout(request.paramAsTime("cluster_manager_timeout", resume.clusterManagerNodeTimeout()));
        return channel -> client.execute(ResumeAction.INSTANCE, resume, new RestToXContentListener<>(channel));
    }
}
