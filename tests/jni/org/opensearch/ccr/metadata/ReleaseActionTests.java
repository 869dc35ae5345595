package org.opensearch.ccr.metadata;

import org.junit.jupiter.api.Test;
import org.opensearch.Version;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlocks;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.index.Index;

import java.io.IOException;
import java.util.Map;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What is taken away: the copy that was meant, and never the one that another task has made under the same name. */
class ReleaseActionTests {

    private static final String NAME = "f";

    private static ClusterState holding(IndexMetadata.Builder index) {
        return ClusterState.builder(new ClusterName("c"))
            .metadata(Metadata.builder().put(index))
            .blocks(ClusterBlocks.builder().addIndexBlock(NAME, FollowerBlock.BLOCK))
            .build();
    }

    private static IndexMetadata.Builder index() {
        return IndexMetadata.builder(NAME)
            .settings(
                Settings.builder()
                    .put(IndexMetadata.SETTING_VERSION_CREATED, Version.CURRENT)
                    .put(IndexMetadata.SETTING_INDEX_UUID, "uuid")
                    .put(IndexMetadata.SETTING_NUMBER_OF_SHARDS, 1)
                    .put(IndexMetadata.SETTING_NUMBER_OF_REPLICAS, 0)
                    .put(CcrSettings.LEADER_INDEX.getKey(), "alias:leader")
            );
    }

    private static IndexMetadata.Builder copy(String id) {
        return new LeaderOrigin(Map.of("copy_id", id)).into(index());
    }

    /** As the cluster manager gets it. */
    private static ClusterState after(ReleaseAction.Request request, ClusterState before) throws IOException {
        try (BytesStreamOutput out = new BytesStreamOutput()) {
            request.writeTo(out);
            return ReleaseAction.Transport.ended(
                new ReleaseAction.Request(out.bytes().streamInput()),
                before,
                ReleaseActionTests::without
            );
        }
    }

    private static ClusterState without(ClusterState state, Set<Index> indices) {
        Metadata.Builder metadata = Metadata.builder(state.metadata());
        indices.forEach(index -> metadata.remove(index.getName()));
        return ClusterState.builder(state).metadata(metadata).build();
    }

    @Test
    void aRunDiscardsItsOwnCopyOnly() throws IOException {
        ClusterState others = holding(copy("theirs"));
        assertSame(others, after(ReleaseAction.Request.discard(NAME, "mine"), others));
        assertFalse(after(ReleaseAction.Request.discard(NAME, "mine"), holding(copy("mine"))).metadata().hasIndex(NAME));
    }

    @Test
    void aCopyOfUnknownOriginIsNobodysToDiscard() throws IOException {
        ClusterState unknown = holding(index());
        assertSame(unknown, after(ReleaseAction.Request.discard(NAME, "mine"), unknown));
    }

    @Test
    void aStopTakesWhateverIsThere() throws IOException {
        assertFalse(after(new ReleaseAction.Request(NAME, true), holding(copy("any"))).metadata().hasIndex(NAME));
        ClusterState released = after(new ReleaseAction.Request(NAME, false), holding(copy("any")));
        assertTrue(released.metadata().hasIndex(NAME));
        assertFalse(FollowerBlock.isFollower(released.metadata().index(NAME)));
        assertFalse(released.blocks().hasIndexBlock(NAME, FollowerBlock.BLOCK));
    }

    @Test
    void anOrdinaryIndexIsLeftAlone() throws IOException {
        IndexMetadata.Builder ordinary = index().settings(
            Settings.builder().put(index().build().getSettings()).putNull(CcrSettings.LEADER_INDEX.getKey())
        );
        ClusterState before = ClusterState.builder(new ClusterName("c")).metadata(Metadata.builder().put(ordinary)).build();
        assertSame(before, after(new ReleaseAction.Request(NAME, true), before));
    }
}
