package org.opensearch.ccr.action;

import org.opensearch.OpenSearchStatusException;
import org.opensearch.Version;
import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.ccr.common.LeaderMetadata;
import org.opensearch.ccr.metadata.LeaderBounds;
import org.opensearch.ccr.metadata.Lineage;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.routing.IndexRoutingTable;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.index.IndexNotFoundException;
import org.opensearch.index.IndexSettings;
import org.opensearch.indices.IndexClosedException;
import org.opensearch.threadpool.ThreadPool;

/** A leader index as its own cluster describes it, and whether it can be followed. */
record LeaderIndex(String clusterUuid, IndexMetadata metadata, IndexRoutingTable routing) {

    /**
     * Asks the leader. Fails with {@link IndexNotFoundException} when there is no index of that very name, with class TRANSIENT
     * while the leader does not know its indices yet.
     */
    static void fetch(
        RoleClients clients,
        ThreadPool threadPool,
        String alias,
        String index,
        TimeValue timeout,
        ActionListener<LeaderIndex> listener
    ) {
        ActionListener<LeaderIndex> timed = ListenerTimeouts.wrapWithTimeout(
            threadPool,
            listener,
            timeout,
            ThreadPool.Names.GENERIC,
            "leader metadata"
        );
        LeaderMetadata.withRouting(clients.pluginOnLeader(alias), index, ActionListener.wrap(state -> {
            IndexMetadata metadata = state.metadata().index(index);
            if (metadata == null) {
                // Another index stands there when the name is an alias.
                throw new IndexNotFoundException(state.metadata().indices().isEmpty() ? index : alias + ":" + index);
            }
            LeaderBounds.ensure(metadata);
            timed.onResponse(new LeaderIndex(state.metadata().clusterUUID(), metadata, state.routingTable().index(index)));
        }, timed::onFailure));
    }

    private void ensureOpen() {
        if (metadata.getState() == IndexMetadata.State.CLOSE) {
            throw new IndexClosedException(metadata.getIndex());
        }
    }

    /** Open, and without a block on reading. A replication that runs waits for both; whoever begins something hears it at once. */
    void ensureReadable() {
        ensureOpen();
        if (IndexMetadata.INDEX_BLOCKS_READ_SETTING.get(metadata.getSettings())) {
            throw new OpenSearchStatusException(
                "Leader index [{}] cannot be read: its setting [{}] is [true] on the leader cluster",
                RestStatus.FORBIDDEN,
                metadata.getIndex().getName(),
                IndexMetadata.SETTING_BLOCKS_READ
            );
        }
    }

    /** A follower may be followed in its turn, but not so that an index would follow itself. */
    void ensureNoLoop(ClusterState here, String follower) {
        Lineage.of(clusterUuid, metadata).ensureNoLoop(here.metadata().clusterUUID(), follower);
    }

    void ensureNotReturning(ClusterState here) {
        Lineage.of(clusterUuid, metadata).ensureNotReturning(here.metadata().clusterUUID());
    }

    /** In the order of the API contract. @throws IllegalArgumentException with the contract's words when it cannot be followed */
    void ensureFollowable(String alias, Version followerVersion) {
        ensureOpen();
        ensureReadableBy(followerVersion);
        ensurePrimariesActive(alias);
        ensureSoftDeletes();
    }

    void ensureReadableBy(Version followerVersion) {
        String name = metadata.getIndex().getName();
        if (followerVersion.before(metadata.getCreationVersion())) {
            throw new IllegalArgumentException(
                "Leader index[" + name + "] is on higher version [" + metadata.getCreationVersion() + "] than follower [" + followerVersion + "]"
            );
        }
        if (followerVersion.before(metadata.getUpgradedVersion())) {
            throw new IllegalArgumentException(
                "Leader index[" + name + "] is upgraded with higher version [" + metadata.getUpgradedVersion()
                    + "] than follower [" + followerVersion + "]"
            );
        }
    }

    void ensurePrimariesActive(String alias) {
        if (routing == null || routing.allPrimaryShardsActive() == false) {
            String name = metadata.getIndex().getName();
            throw new IllegalArgumentException("Primary shards in the Index[" + alias + ":" + name + "] are not active");
        }
    }

    void ensureSoftDeletes() {
        if (IndexSettings.INDEX_SOFT_DELETES_SETTING.get(metadata.getSettings()) == false) {
            throw new IllegalArgumentException(
                "Cannot Replicate an index where the setting " + IndexSettings.INDEX_SOFT_DELETES_SETTING.getKey() + " is disabled"
            );
        }
    }
}
