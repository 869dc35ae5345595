package org.opensearch.ccr.rest;

import org.opensearch.rest.BaseRestHandler;
import org.opensearch.rest.RestRequest;

/** What the endpoints of one follower index share. */
abstract class RestFollower extends BaseRestHandler {

    private static final String BASE = "/_plugins/_replication/";
    private static final String FOLLOWER = "index";

    /** Path of a verb, for instance {@code _start}. */
    static String path(String verb) {
        return BASE + "{" + FOLLOWER + "}/" + verb;
    }

    static String follower(RestRequest request) {
        return request.param(FOLLOWER);
    }
}
