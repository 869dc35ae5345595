package org.opensearch.ccr.autofollow;

import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.threadpool.ThreadPool;

import java.util.concurrent.TimeUnit;

/** What the task of a rule works with. */
record AutoFollowServices(
    ClusterService cluster,
    ThreadPool threadPool,
    RoleClients clients,
    ReplicationStore store,
    LeaderCalls leader,
    RetryTimes times,
    RunningRules running
) {
    /** Milliseconds of a clock that is never behind a timer; the thread pool's cached one is, by up to 200 ms. */
    long now() {
        return TimeUnit.NANOSECONDS.toMillis(threadPool.preciseRelativeTimeInNanos());
    }
}
