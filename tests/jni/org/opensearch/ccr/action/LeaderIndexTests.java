package org.opensearch.ccr.action;

import org.junit.jupiter.api.Test;
import org.opensearch.Version;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.settings.Settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** Leader indices of versions that no two released clusters can have between them today. */
final class LeaderIndexTests {

    private static final Version NEWER = Version.fromString("3.7.0");

    private static String refusal(Settings.Builder version) {
        IndexMetadata metadata = IndexMetadata.builder("logs")
            .settings(version.put(IndexMetadata.SETTING_INDEX_UUID, "uuid"))
            .numberOfShards(1)
            .numberOfReplicas(0)
            .build();
        LeaderIndex leader = new LeaderIndex("cluster-uuid", metadata, null);
        return assertThrows(IllegalArgumentException.class, () -> leader.ensureFollowable("leader-one", Version.V_3_6_0)).getMessage();
    }

    @Test
    void createdOnANewerVersion() {
        assertEquals(
            "Leader index[logs] is on higher version [3.7.0] than follower [3.6.0]",
            refusal(Settings.builder().put(IndexMetadata.SETTING_VERSION_CREATED, NEWER))
        );
    }

    @Test
    void upgradedOnANewerVersion() {
        assertEquals(
            "Leader index[logs] is upgraded with higher version [3.7.0] than follower [3.6.0]",
            refusal(
                Settings.builder().put(IndexMetadata.SETTING_VERSION_CREATED, Version.V_3_6_0).put(IndexMetadata.SETTING_VERSION_UPGRADED, NEWER)
            )
        );
    }

    @Test
    void ofTheSameVersionTheNextCheckSpeaks() {
        assertEquals(
            "Primary shards in the Index[leader-one:logs] are not active",
            refusal(Settings.builder().put(IndexMetadata.SETTING_VERSION_CREATED, Version.V_3_6_0))
        );
    }

    @Test
    void withoutSoftDeletes() {
        Settings.Builder old = Settings.builder()
            .put(IndexMetadata.SETTING_VERSION_CREATED, Version.V_3_6_0)
            .put(IndexMetadata.SETTING_INDEX_UUID, "uuid")
            .put("index.soft_deletes.enabled", false);
        IndexMetadata metadata = IndexMetadata.builder("logs").settings(old).numberOfShards(1).numberOfReplicas(0).build();
        LeaderIndex leader = new LeaderIndex("cluster-uuid", metadata, null);
        assertEquals(
            "Cannot Replicate an index where the setting index.soft_deletes.enabled is disabled",
            assertThrows(IllegalArgumentException.class, leader::ensureSoftDeletes).getMessage()
        );
    }
}
