package org.opensearch.ccr.rest;

import org.opensearch.rest.RestHandler;

import java.util.List;

/** Every endpoint under {@code /_plugins/_replication}. */
public final class RestEndpoints {

    private RestEndpoints() {}

    /** For {@code ActionPlugin.getRestHandlers}. */
    public static List<RestHandler> all() {
        return List.of(new RestStart(), new RestStop(), new RestPause(), new RestResume(), new RestStatus());
    }
}
