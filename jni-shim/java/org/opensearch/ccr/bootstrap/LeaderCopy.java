package org.opensearch.ccr.bootstrap;

import org.opensearch.action.admin.cluster.state.ClusterStateRequest;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.leader.LeaderShardInfo;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.index.IndexNotFoundException;
import org.opensearch.indices.IndexClosedException;

import java.util.HashMap;
import java.util.Map;

/**
 * One leader index as it is copied: its metadata, and what its shards said of themselves.
 *
 * @param metadata carries, as custom data {@link #CUSTOM}, which leader index and which histories it was taken from
 * @param shards   by shard number
 */
record LeaderCopy(IndexMetadata metadata, Map<Integer, LeaderShardInfo> shards) {

    /** Custom data of a follower's index metadata. */
    static final String CUSTOM = "replication";
    private static final String UUID = "leader_index_uuid";
    private static final String HISTORY = "leader_history_uuid.";

    /**
     * Asks the leader for this one index; nothing else of its metadata is sent.
     * Fails with {@link IndexNotFoundException} when it is gone or another index has its name, and when it is closed.
     */
    static void fetch(RoleClients clients, String alias, Index leader, FollowRoles roles, ActionListener<LeaderCopy> listener) {
        ClusterStateRequest request = new ClusterStateRequest().clear().metadata(true).indices(leader.getName());
        clients.pluginOnLeader(alias).admin().cluster().state(request, ActionListener.wrap(answer -> {
            IndexMetadata metadata = answer.getState().metadata().index(leader.getName());
            if (metadata == null || metadata.getIndexUUID().equals(leader.getUUID()) == false) {
                throw new IndexNotFoundException(leader);
            }
            if (metadata.getState() == IndexMetadata.State.CLOSE) {
                throw new IndexClosedException(leader);
            }
            LeaderLeases.describe(
                clients.leader(alias, roles),
                leader.getName(),
                ActionListener.wrap(shards -> listener.onResponse(of(metadata, shards)), listener::onFailure)
            );
        }, listener::onFailure));
    }

    private static LeaderCopy of(IndexMetadata metadata, Map<Integer, LeaderShardInfo> shards) {
        Map<String, String> origin = new HashMap<>();
        origin.put(UUID, metadata.getIndexUUID());
        for (Map.Entry<Integer, LeaderShardInfo> shard : shards.entrySet()) {
            if (shard.getValue().indexUuid().equals(metadata.getIndexUUID()) == false) {
                throw new IndexNotFoundException(metadata.getIndex());
            }
            origin.put(HISTORY + shard.getKey(), shard.getValue().historyUuid());
        }
        return new LeaderCopy(IndexMetadata.builder(metadata).putCustom(CUSTOM, origin).build(), shards);
    }

    /** The leader history that a follower's shard was copied from; null for an index that was not made by a bootstrap. */
    static String historyUuid(IndexMetadata follower, int shard) {
        Map<String, String> origin = follower == null ? null : follower.getCustomData(CUSTOM);
        return origin == null ? null : origin.get(HISTORY + shard);
    }
}
