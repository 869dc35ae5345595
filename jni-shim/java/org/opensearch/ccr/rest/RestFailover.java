package org.opensearch.ccr.rest;

import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.ccr.action.FailoverAction;
import org.opensearch.ccr.action.Failovers;
import org.opensearch.core.ParseField;
import org.opensearch.core.xcontent.ObjectParser;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.RestRequest;
import org.opensearch.rest.action.RestToXContentListener;
import org.opensearch.transport.client.node.NodeClient;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code POST /_plugins/_replication/{follower}/_failover}, where the follower may be a pattern, and
 * {@code POST /_plugins/_replication/_failover} with the pattern as a parameter or in the body: <code>{"pattern":"logs-*"}</code>.
 */
public final class RestFailover extends RestReplication {

    private static final class Body {
        private String pattern;
    }

    private static final ObjectParser<Body, Void> PARSER = new ObjectParser<>("failover", Body::new);

    static {
        PARSER.declareString((body, pattern) -> body.pattern = pattern, new ParseField("pattern"));
    }

    private final Failovers failovers;

    public RestFailover(Failovers failovers) {
        this.failovers = failovers;
    }

    @Override
    public String getName() {
        return "replication_failover";
    }

    @Override
    public List<Route> routes() {
        return Stream.concat(onFollower(RestRequest.Method.POST, "_failover").stream(), both(RestRequest.Method.POST, "_failover").stream())
            .toList();
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
        String pattern = pattern(request, request.hasContent() ? body(request) : null);
        AcknowledgedRequest<?> given = patience(request, new FailoverAction.Request(pattern));
        Failovers.Patience patience = new Failovers.Patience(given.timeout(), given.clusterManagerNodeTimeout());
        return channel -> failovers.run(sided(client), pattern, patience, new RestToXContentListener<>(channel));
    }

    private static String body(RestRequest request) throws IOException {
        try (XContentParser parser = request.contentParser()) {
            return PARSER.parse(parser, null).pattern;
        }
    }

    /** There is exactly one place to give it. */
    private static String pattern(RestRequest request, String inBody) {
        String inPath = ends(request, "/_replication/_failover") ? null : follower(request);
        List<String> given = Stream.of(inPath, request.param("pattern"), inBody).filter(one -> one != null).toList();
        if (given.size() > 1) {
            throw new IllegalArgumentException("[pattern] is given more than once: in the path, as a parameter or in the body");
        }
        if (given.isEmpty() || given.get(0).isBlank()) {
            throw new IllegalArgumentException("pattern is required");
        }
        return given.get(0);
    }
}
