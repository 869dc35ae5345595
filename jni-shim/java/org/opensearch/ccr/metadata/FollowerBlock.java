package org.opensearch.ccr.metadata;

import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.block.ClusterBlock;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.cluster.block.ClusterBlockLevel;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.core.rest.RestStatus;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The write block of followers, and the refusal that clients see, the same wherever a write is stopped. */
public final class FollowerBlock {
    /** Id, text, status and levels are part of the API contract. */
    public static final ClusterBlock BLOCK = new ClusterBlock(
        1000,
        "index read-only(cross-cluster-replication)",
        false,
        false,
        false,
        RestStatus.FORBIDDEN,
        EnumSet.of(ClusterBlockLevel.WRITE, ClusterBlockLevel.METADATA_WRITE)
    );

    private FollowerBlock() {}

    /** Whether an index follows a leader now. */
    public static boolean isFollower(IndexMetadata index) {
        return index != null && CcrSettings.isFollower(index.getSettings());
    }

    /** What a client gets for a write to the index, 403. */
    public static ClusterBlockException refusal(String index) {
        return refusal(Set.of(index));
    }

    /** What a client gets for a request that writes to these indices, 403. */
    public static ClusterBlockException refusal(Iterable<String> indices) {
        Map<String, Set<ClusterBlock>> blocks = new HashMap<>();
        for (String index : indices) {
            blocks.put(index, Set.of(BLOCK));
        }
        return new ClusterBlockException(blocks);
    }
}
