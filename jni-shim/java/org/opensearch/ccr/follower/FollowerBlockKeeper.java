package org.opensearch.ccr.follower;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.ccr.metadata.FollowerBlock;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ClusterStateListener;
import org.opensearch.cluster.ClusterStateUpdateTask;
import org.opensearch.cluster.block.ClusterBlocks;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.Priority;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Keeps {@link FollowerBlock} on every follower. Cluster blocks are not persisted, so after a restart of the cluster, and when a
 * restore has just created an index, the elected cluster manager puts it there. Until then {@link FollowerWriteGuard} stands in.
 */
final class FollowerBlockKeeper implements ClusterStateListener {
    private static final Logger LOGGER = LogManager.getLogger(FollowerBlockKeeper.class);
    private static final String SOURCE = "replication-add-follower-block";

    private final ClusterService clusterService;
    private final AtomicBoolean submitted = new AtomicBoolean();

    FollowerBlockKeeper(ClusterService clusterService) {
        this.clusterService = clusterService;
    }

    @Override
    public void clusterChanged(ClusterChangedEvent event) {
        if (event.localNodeClusterManager() == false) {
            return;
        }
        boolean elected = event.previousState().nodes().isLocalNodeElectedClusterManager() == false;
        if ((elected || event.metadataChanged() || event.blocksChanged())
            && unblocked(event.state()).isEmpty() == false
            && submitted.compareAndSet(false, true)) {
            clusterService.submitStateUpdateTask(SOURCE, new AddBlocks());
        }
    }

    /** Followers that have no block. */
    static List<String> unblocked(ClusterState state) {
        List<String> missing = new ArrayList<>();
        for (IndexMetadata index : state.metadata()) {
            if (FollowerBlock.isFollower(index) && state.blocks().hasIndexBlock(index.getIndex().getName(), FollowerBlock.BLOCK) == false) {
                missing.add(index.getIndex().getName());
            }
        }
        return missing;
    }

    private final class AddBlocks extends ClusterStateUpdateTask {
        AddBlocks() {
            super(Priority.URGENT);
        }

        @Override
        public ClusterState execute(ClusterState state) {
            // From here on a follower that appears needs a task of its own.
            submitted.set(false);
            List<String> missing = unblocked(state);
            if (missing.isEmpty()) {
                return state;
            }
            ClusterBlocks.Builder blocks = ClusterBlocks.builder().blocks(state.blocks());
            missing.forEach(index -> blocks.addIndexBlock(index, FollowerBlock.BLOCK));
            return ClusterState.builder(state).blocks(blocks).build();
        }

        @Override
        public void onFailure(String source, Exception e) {
            submitted.set(false);
            // The next cluster state, or the next cluster manager, tries again.
            LOGGER.warn("cannot add the write block of followers", e);
        }
    }
}
