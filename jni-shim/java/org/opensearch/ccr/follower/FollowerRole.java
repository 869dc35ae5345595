package org.opensearch.ccr.follower;

import org.opensearch.ccr.metadata.FollowerBlock;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.index.IndexSettings;

/**
 * Whether an index follows a leader now, read from its current settings. An index metadata object never changes, so the answer
 * is remembered together with the object it was read from: one volatile read and one comparison for each operation.
 */
final class FollowerRole {
    private record Seen(IndexMetadata metadata, boolean follows) {}

    private final IndexSettings settings;
    private volatile Seen seen = new Seen(null, false);

    FollowerRole(IndexSettings settings) {
        this.settings = settings;
    }

    boolean follows() {
        IndexMetadata metadata = settings.getIndexMetadata();
        Seen last = seen;
        if (last.metadata != metadata) {
            last = new Seen(metadata, FollowerBlock.isFollower(metadata));
            seen = last;
        }
        return last.follows;
    }
}
