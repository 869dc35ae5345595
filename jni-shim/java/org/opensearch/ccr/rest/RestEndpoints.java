package org.opensearch.ccr.rest;

import org.opensearch.ccr.action.Failovers;
import org.opensearch.ccr.bulk.BulkVerb;
import org.opensearch.ccr.status.FollowerLists;
import org.opensearch.ccr.status.Metrics;
import org.opensearch.rest.RestHandler;

import java.util.List;

/** Every endpoint of the plugin. */
public final class RestEndpoints {

    private RestEndpoints() {}

    /** For {@code ActionPlugin.getRestHandlers}. */
    public static List<RestHandler> all(FollowerLists lists, Failovers failovers) {
        return List.of(
            new RestStart(),
            new RestStop(),
            new RestPause(),
            new RestResume(),
            new RestStatus(),
            new RestVerify(),
            new RestPreflight(),
            new RestStatusList(lists),
            new RestCatReplication(lists, false),
            new RestCatReplication(lists, true),
            new RestMetrics(new Metrics(lists)),
            new RestFailover(failovers),
            new RestUpdate(),
            new RestLeaderStats(),
            new RestFollowerStats(),
            new RestBulk(BulkVerb.START),
            new RestBulk(BulkVerb.STOP),
            new RestBulk(BulkVerb.PAUSE),
            new RestBulk(BulkVerb.RESUME),
            new RestBulkStatus(),
            new RestBulkTask()
        );
    }
}
