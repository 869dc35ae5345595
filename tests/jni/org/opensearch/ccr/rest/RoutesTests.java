package org.opensearch.ccr.rest;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.autofollow.AutoFollowSide;
import org.opensearch.rest.RestHandler;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Every path of the plugin is there under its old name, too. */
class RoutesTests {

    private static final String NEW = "/_plugins/_replication/";
    private static final String OLD = "/_opendistro/_replication/";

    /** "METHOD path" of each route. */
    private static Set<String> routes() {
        List<RestHandler> handlers = new ArrayList<>(RestEndpoints.all(null, null));
        handlers.addAll(AutoFollowSide.endpoints(null));
        return handlers.stream()
            .flatMap(handler -> handler.routes().stream())
            .map(route -> route.getMethod() + " " + route.getPath())
            .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void eachHasItsOldName() {
        Set<String> routes = routes();
        assertTrue(routes.size() > 60, routes::toString);
        Set<String> present = routes.stream().filter(route -> route.contains(NEW)).map(route -> route.replace(NEW, OLD)).collect(Collectors.toSet());
        Set<String> old = routes.stream().filter(route -> route.contains(OLD)).collect(Collectors.toSet());
        assertEquals(new TreeSet<>(present), new TreeSet<>(old));
    }
}
