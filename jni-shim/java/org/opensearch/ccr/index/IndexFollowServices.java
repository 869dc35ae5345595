package org.opensearch.ccr.index;

import org.opensearch.ccr.bootstrap.BootstrapService;
import org.opensearch.ccr.link.LeaderLinks;
import org.opensearch.ccr.metadata.MetadataSync;
import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.threadpool.ThreadPool;

/** What the task of a followed index works with. */
public record IndexFollowServices(
    ClusterService clusterService,
    ThreadPool threadPool,
    RoleClients clients,
    ReplicationStore store,
    FollowTaskService tasks,
    BootstrapService bootstrap,
    MetadataSync metadata,
    FollowerDeletion deletion,
    ShardMarks marks,
    LeaderLinks links
) {}
