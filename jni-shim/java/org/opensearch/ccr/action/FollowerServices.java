package org.opensearch.ccr.action;

import org.opensearch.action.support.ActionFilters;
import org.opensearch.ccr.index.FollowTaskService;
import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

/** What every verb on a follower index works with; OpenSearch injects it. */
public record FollowerServices(
    TransportService transport,
    ActionFilters filters,
    ClusterService cluster,
    ThreadPool threadPool,
    RoleClients clients,
    ReplicationStore store,
    FollowTaskService tasks
) {
    @Inject
    public FollowerServices {}
}
