package org.opensearch.ccr.action;

import org.junit.jupiter.api.Test;
import org.opensearch.common.settings.IndexScopedSettings;
import org.opensearch.common.settings.Settings;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** What nobody can give a follower of its own. */
final class OwnSettingsTests {

    private static final IndexScopedSettings KNOWN = IndexScopedSettings.DEFAULT_SCOPED_SETTINGS;

    private static void ensure(String key, String value) {
        OwnSettings.ensure(key, KNOWN.get(key), Settings.builder().put(key, value).build());
    }

    @Test
    void whatTheCopiedFilesAndThePlacesOfDocumentsDependOn() {
        for (String key : new String[] { "index.number_of_shards", "index.number_of_routing_shards", "index.routing_partition_size",
            "index.sort.field", "index.soft_deletes.enabled", "index.append_only.enabled" }) {
            assertEquals(
                "setting [" + key + "] is as the leader index has it, whose files are copied: leave it out",
                assertThrows(IllegalArgumentException.class, () -> ensure(key, "1")).getMessage()
            );
        }
    }

    @Test
    void whatIsWithoutAValue() {
        assertEquals(
            "setting [index.number_of_replicas] has no value: leave it out to take what the leader index has",
            assertThrows(IllegalArgumentException.class, () -> ensure("index.number_of_replicas", null)).getMessage()
        );
    }

    @Test
    void everythingElseMayBeTheFollowersOwn() {
        for (String key : new String[] { "index.number_of_replicas", "index.replication.type", "index.codec", "index.refresh_interval",
            "index.blocks.write", "index.store.type" }) {
            assertDoesNotThrow(() -> ensure(key, "1"));
        }
    }
}
