package org.opensearch.ccr.bootstrap;

import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.index.shard.IndexEventListener;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.store.Store;
import org.opensearch.indices.recovery.RecoveryState;
import org.opensearch.threadpool.ThreadPool;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The shards of this node that are copying themselves from a leader. */
final class ShardRestores implements IndexEventListener {

    private final NativeCore core;
    private final ThreadPool threadPool;
    private final ClusterService clusterService;
    private final RoleClients clients;
    private final LeaderLeases leases;
    private final RolesOfFollower roles;
    private final Map<ShardId, ShardRestore> running = new ConcurrentHashMap<>();
    private final BootstrapTraffic traffic = new BootstrapTraffic();

    ShardRestores(
        NativeCore core,
        ThreadPool threadPool,
        ClusterService clusterService,
        RoleClients clients,
        LeaderLeases leases,
        RolesOfFollower roles
    ) {
        this.core = core;
        this.threadPool = threadPool;
        this.clusterService = clusterService;
        this.clients = clients;
        this.leases = leases;
        this.roles = roles;
    }

    /** Copies the leader shard's files into the store; the listener is called on a generic thread. */
    void start(String alias, ShardId leader, Store store, RecoveryState recovery, ActionListener<Void> listener) {
        ShardId follower = store.shardId();
        roles.of(follower.getIndexName(), ActionListener.wrap(found -> {
            ShardRestore restore = create(alias, leader, store, recovery, found, listener);
            running.put(follower, restore);
            if (store.isClosing()) {
                restore.cancel(); // closed before it stood in the map: nobody else would
                traffic.forget(follower);
            } else {
                restore.start();
            }
        }, listener::onFailure));
    }

    BootstrapTraffic traffic() {
        return traffic;
    }

    private ShardRestore create(
        String alias,
        ShardId leader,
        Store store,
        RecoveryState recovery,
        FollowRoles found,
        ActionListener<Void> listener
    ) {
        ShardId follower = store.shardId();
        LeaderShardFiles files = new LeaderShardFiles(clients.leader(alias, found), leases, leader, follower, traffic.begin(follower));
        ShardRestore[] self = new ShardRestore[1];
        self[0] = new ShardRestore(
            files,
            () -> LeaderOrigin.of(clusterService.state().metadata().index(follower.getIndex())).historyUuid(follower.id()),
            store,
            recovery,
            core,
            threadPool,
            options(),
            wait -> traffic.waits(follower, wait),
            ActionListener.runBefore(listener, () -> {
                running.remove(follower, self[0]);
                traffic.waits(follower, null);
            })
        );
        return self[0];
    }

    private ShardRestore.Options options() {
        ClusterSettings settings = clusterService.getClusterSettings();
        return new ShardRestore.Options(
            settings.get(CcrSettings.RECOVERY_CHUNK_SIZE).getBytes(),
            settings.get(CcrSettings.RECOVERY_PARALLEL_CHUNKS),
            settings.get(CcrSettings.CODEC),
            settings.get(CcrSettings.CODEC_LEVEL),
            settings.get(CcrSettings.LEASE_RENEWAL_INTERVAL)
        );
    }

    @Override
    public void beforeIndexShardClosed(ShardId shardId, IndexShard shard, Settings indexSettings) {
        ShardRestore restore = running.get(shardId);
        if (restore != null) {
            restore.cancel();
        }
        traffic.forget(shardId);
    }
}
