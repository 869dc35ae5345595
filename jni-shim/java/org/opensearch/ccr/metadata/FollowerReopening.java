package org.opensearch.ccr.metadata;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.OpenSearchTimeoutException;
import org.opensearch.action.admin.indices.open.OpenIndexClusterStateUpdateRequest;
import org.opensearch.action.support.ActiveShardCount;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlocks;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.cluster.metadata.MetadataDeleteIndexService;
import org.opensearch.cluster.metadata.MetadataIndexStateService;
import org.opensearch.cluster.routing.RoutingTable;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.index.IndexNotFoundException;
import org.opensearch.indices.IndicesService;
import org.opensearch.snapshots.SnapshotInProgressException;
import org.opensearch.snapshots.SnapshotsService;

import java.util.Set;

/**
 * Closes a follower and opens it again. Not with core's close: that one waits until the history has no gaps, which a follower
 * that is catching up cannot promise, and keeps the shards allocated with an engine that demands it, too. Here the shards go
 * away with their files in place and come back from there. Runs on the cluster manager.
 */
public final class FollowerReopening {

    private static final Logger LOGGER = LogManager.getLogger(FollowerReopening.class);

    private final ClusterService clusterService;
    private final IndicesService indices;
    private final MetadataIndexStateService states;
    private final MetadataDeleteIndexService deletion;

    @Inject
    public FollowerReopening(
        ClusterService clusterService,
        IndicesService indices,
        MetadataIndexStateService states,
        MetadataDeleteIndexService deletion
    ) {
        this.clusterService = clusterService;
        this.indices = indices;
        this.states = states;
        this.deletion = deletion;
    }

    /** Why the index could not be opened with these settings; null when it could. */
    Exception refusal(ClusterState state, Index index, Settings changes) {
        try {
            IndexMetadata changed = with(state.metadata().getIndexSafe(index), changes).build();
            indices.verifyIndexMetadata(changed, changed);
            return null;
        } catch (Exception e) {
            return e;
        }
    }

    /** Completes when every node knows that the index is open again; its shards start after that. */
    void reopenWith(AcknowledgedRequest<?> patience, Index index, Settings changes, ActionListener<Void> listener) {
        LOGGER.info("[{}] closes for a moment to take settings over: {}", index.getName(), changes.keySet());
        close(patience, index, changes, ActionListener.wrap(closed -> open(patience, index, listener), listener::onFailure));
    }

    /** Completes when no node has a shard of the index any more. One that is being snapshotted fails it. */
    public void close(AcknowledgedRequest<?> patience, Index index, Settings changes, ActionListener<Void> listener) {
        FollowerUpdate.submit(clusterService, "replication-close", patience, index, current -> closed(current, index, changes), listener);
    }

    /** Opens the index; one that is open stays so. */
    public void open(AcknowledgedRequest<?> patience, Index index, ActionListener<Void> listener) {
        OpenIndexClusterStateUpdateRequest request = new OpenIndexClusterStateUpdateRequest().indices(new Index[] { index })
            .waitForActiveShards(ActiveShardCount.NONE)
            .ackTimeout(patience.timeout())
            .clusterManagerNodeTimeout(patience.clusterManagerNodeTimeout());
        states.openIndex(request, ActionListener.wrap(answer -> {
            if (answer.isAcknowledged() == false) {
                throw new OpenSearchTimeoutException("not every node has opened [{}] yet", index.getName());
            }
            listener.onResponse(null);
        }, listener::onFailure));
    }

    /** Deletes the index, whatever block stands on it. */
    public void delete(AcknowledgedRequest<?> patience, Index index, ActionListener<Void> listener) {
        FollowerUpdate.submit(
            clusterService,
            "replication-delete",
            patience,
            index,
            current -> current.metadata().hasIndex(index.getName()) ? deletion.deleteIndices(current, Set.of(index)) : current,
            listener
        );
    }

    private static ClusterState closed(ClusterState current, Index index, Settings changes) {
        IndexMetadata open = current.metadata().index(index);
        if (open == null) {
            throw new IndexNotFoundException(index);
        }
        if (SnapshotsService.snapshottingIndices(current, Set.of(index)).isEmpty() == false) {
            throw new SnapshotInProgressException("cannot close [" + index.getName() + "] while a snapshot of it is made");
        }
        Metadata.Builder metadata = Metadata.builder(current.metadata()).put(with(open, changes).state(IndexMetadata.State.CLOSE));
        ClusterBlocks.Builder blocks = ClusterBlocks.builder()
            .blocks(current.blocks())
            .addIndexBlock(index.getName(), MetadataIndexStateService.INDEX_CLOSED_BLOCK);
        RoutingTable.Builder routing = RoutingTable.builder(current.routingTable()).remove(index.getName());
        return ClusterState.builder(current).metadata(metadata).blocks(blocks).routingTable(routing.build()).build();
    }

    private static IndexMetadata.Builder with(IndexMetadata index, Settings changes) {
        Settings.Builder settings = Settings.builder().put(index.getSettings());
        changes.keySet().forEach(key -> {
            if (changes.hasValue(key)) {
                settings.copy(key, changes);
            } else {
                settings.remove(key);
            }
        });
        return IndexMetadata.builder(index).settings(settings).settingsVersion(index.getSettingsVersion() + 1);
    }
}
