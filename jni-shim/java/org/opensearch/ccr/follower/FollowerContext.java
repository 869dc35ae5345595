package org.opensearch.ccr.follower;

import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.metadata.MetadataSync;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.threadpool.ThreadPool;

/** What every shard task of a node works with. */
record FollowerContext(
    ClusterService clusterService,
    ThreadPool threadPool,
    NativeCore core,
    RoleClients clients,
    MetadataSync metadata,
    LeaderLeases leases,
    FollowerShards shards,
    ShardFollowTasks tasks,
    FollowerConfigs configs,
    DiskWatch disk
) {}
