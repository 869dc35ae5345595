package org.opensearch.ccr.rest;

import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.rest.BaseRestHandler;
import org.opensearch.rest.RestRequest;
import org.opensearch.transport.client.Client;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What every endpoint shares: its two paths, and the parameters that all of them understand. */
public abstract class RestReplication extends BaseRestHandler {

    private static final String BASE = "/_plugins/_replication/";
    /** The plugin's first name, which old clients still use. */
    private static final String OLD_BASE = "/_opendistro/_replication/";
    private static final String FOLLOWER = "index";
    private static final Pattern TRAILING = Pattern.compile("/+$");

    /** Both paths of an endpoint, for instance of {@code leader_stats}. */
    protected static List<Route> both(RestRequest.Method method, String path) {
        return Stream.of(BASE, OLD_BASE).map(base -> new Route(method, base + path)).toList();
    }

    /** Both paths of a verb on one follower index, for instance {@code _start}. */
    protected static List<Route> onFollower(RestRequest.Method method, String verb) {
        return both(method, "{" + FOLLOWER + "}/" + verb);
    }

    protected static String follower(RestRequest request) {
        return request.param(FOLLOWER);
    }

    /** Whether the path ends with these words, also when a slash comes after them: that routes alike. */
    protected static boolean ends(RestRequest request, String words) {
        return TRAILING.matcher(request.path()).replaceFirst("").endsWith(words);
    }

    /** Whether the caller speaks the dialect of the old path. */
    protected static boolean old(RestRequest request) {
        return request.path().startsWith(OLD_BASE);
    }

    /** The caller's client: a refusal says that it is one of this cluster. */
    protected static Client sided(Client client) {
        return RoleClients.sided(client, RoleClients.FOLLOWER_CLUSTER);
    }

    /** Takes over {@code timeout} and {@code cluster_manager_timeout}, which has an older name, too. */
    protected static <T extends AcknowledgedRequest<T>> T patience(RestRequest request, T asked) {
        asked.timeout(request.paramAsTime("timeout", asked.timeout()));
        if (request.hasParam("timeout") && asked.timeout().duration() < 0) {
            throw new IllegalArgumentException("[timeout] is [" + asked.timeout() + "], give a time that is not negative");
        }
        boolean named = request.hasParam("cluster_manager_timeout");
        if (named && request.hasParam("master_timeout")) {
            throw new IllegalArgumentException("[cluster_manager_timeout] and [master_timeout] mean the same: give one of them");
        }
        String name = named ? "cluster_manager_timeout" : "master_timeout";
        asked.clusterManagerNodeTimeout(request.paramAsTime(name, asked.clusterManagerNodeTimeout()));
        return asked;
    }
}
