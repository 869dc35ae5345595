package org.opensearch.ccr.bootstrap;

import org.opensearch.ccr.common.LeaderMetadata;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.leader.LeaderShardInfo;
import org.opensearch.ccr.metadata.LeaderBounds;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.index.IndexNotFoundException;
import org.opensearch.indices.IndexClosedException;

import java.util.HashMap;
import java.util.Map;

/**
 * One leader index as it is copied: its metadata, and what its shards said of themselves.
 *
 * @param metadata carries its {@link LeaderOrigin}
 * @param shards   by shard number
 */
record LeaderCopy(IndexMetadata metadata, Map<Integer, LeaderShardInfo> shards) {

    /**
     * Asks the leader for this one index; nothing else of its metadata is sent.
     * Fails with {@link IndexNotFoundException} when it is gone or another index has its name, when it is closed, and when its
     * metadata is too much.
     */
    static void fetch(
        RoleClients clients,
        String alias,
        Index leader,
        FollowRoles roles,
        String copyId,
        Fit fit,
        ActionListener<LeaderCopy> listener
    ) {
        LeaderMetadata.of(clients.pluginOnLeader(alias), leader.getName(), ActionListener.wrap(answer -> {
            String cluster = answer.clusterUUID();
            IndexMetadata metadata = answer.index(leader.getName());
            if (metadata == null || metadata.getIndexUUID().equals(leader.getUUID()) == false) {
                throw new IndexNotFoundException(leader);
            }
            if (metadata.getState() == IndexMetadata.State.CLOSE) {
                throw new IndexClosedException(leader);
            }
            LeaderBounds.ensure(metadata);
            LeaderLeases.describe(
                clients.leader(alias, roles),
                leader.getName(),
                ActionListener.wrap(shards -> listener.onResponse(of(copyId, cluster, metadata, shards, fit)), listener::onFailure)
            );
        }, listener::onFailure));
    }

    private static LeaderCopy of(
        String copyId,
        String cluster,
        IndexMetadata metadata,
        Map<Integer, LeaderShardInfo> shards,
        Fit fit
    ) {
        Map<Integer, String> histories = new HashMap<>();
        for (Map.Entry<Integer, LeaderShardInfo> shard : shards.entrySet()) {
            if (shard.getValue().indexUuid().equals(metadata.getIndexUUID()) == false) {
                throw new IndexNotFoundException(metadata.getIndex());
            }
            histories.put(shard.getKey(), shard.getValue().historyUuid());
        }
        // What this cluster does not know would come as archived settings, which nobody could use or change.
        Map<String, String> unknown = fit.unfitSettings(metadata);
        Map<String, String> taken = fit.unfitAliases(metadata);
        Settings settings = metadata.getSettings().filter(key -> unknown.containsKey(key) == false);
        LeaderOrigin origin = LeaderOrigin.ofCopy(copyId, cluster, metadata, histories, unknown, taken);
        IndexMetadata.Builder copy = IndexMetadata.builder(metadata).settings(settings);
        taken.keySet().forEach(copy::removeAlias);
        return new LeaderCopy(origin.into(copy).build(), shards);
    }
}
