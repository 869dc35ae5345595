package org.opensearch.ccr.action;

import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;

import java.util.Optional;

/** Takes back what a replication has left on its leader. Gives up soon: the leader may be gone for good. */
public final class LeaderCleanup {

    private static final TimeValue PATIENCE = TimeValue.timeValueSeconds(5);

    private final RoleClients clients;
    private final ThreadPool threadPool;
    private final LeaderLeases leases;

    public LeaderCleanup(RoleClients clients, ThreadPool threadPool, LeaderLeases leases) {
        this.clients = clients;
        this.threadPool = threadPool;
        this.leases = leases;
    }

    void removeLeases(String alias, String leader, Optional<FollowRecord> record, String follower, ActionListener<Void> listener) {
        ActionListener<Void> timed = ListenerTimeouts.wrapWithTimeout(
            threadPool,
            listener,
            PATIENCE,
            ThreadPool.Names.GENERIC,
            "removal of leases"
        );
        try {
            Client client = clients.leader(alias, record.map(FollowRecord::roles).orElse(FollowRoles.NONE));
            LeaderIndex.fetch(clients, threadPool, alias, leader, PATIENCE, ActionListener.wrap(found -> {
                IndexMetadata metadata = found.metadata();
                int shards = metadata.getNumberOfShards();
                GroupedActionListener<Void> all = new GroupedActionListener<>(ActionListener.map(timed, done -> null), shards);
                // Leases are named after the follower index, which may be gone by now; its UUID is no part of the name.
                Index named = new Index(follower, IndexMetadata.INDEX_UUID_NA_VALUE);
                for (int shard = 0; shard < shards; shard++) {
                    leases.remove(client, new ShardId(metadata.getIndex(), shard), new ShardId(named, shard), all);
                }
            }, timed::onFailure));
        } catch (Exception e) {
            timed.onFailure(e); // the connection is not configured any more
        }
    }
}
