package org.opensearch.ccr.bootstrap;

import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.junit.jupiter.api.Test;
import org.opensearch.Version;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.env.ShardLock;
import org.opensearch.index.IndexSettings;
import org.opensearch.index.store.Store;
import org.opensearch.index.store.StoreFileMetadata;

import java.io.IOException;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** A file whose bytes are not what the leader said; no leader sends one. */
class RestoreFileTests {

    private static IndexSettings settings() {
        Settings settings = Settings.builder()
            .put(IndexMetadata.SETTING_VERSION_CREATED, Version.CURRENT)
            .put(IndexMetadata.SETTING_INDEX_UUID, "uuid")
            .put(IndexMetadata.SETTING_NUMBER_OF_SHARDS, 1)
            .put(IndexMetadata.SETTING_NUMBER_OF_REPLICAS, 0)
            .build();
        return new IndexSettings(IndexMetadata.builder("f").settings(settings).build(), Settings.EMPTY);
    }

    @Test
    void oneThatFailedItsCheckNeverCountsAsWhole() throws IOException {
        ShardId shard = new ShardId("f", "uuid", 0);
        Directory directory = new ByteBuffersDirectory();
        try (Store store = new Store(shard, settings(), directory, new ShardLock(shard) {
            @Override
            protected void closeInternal() {}
        })) {
            byte[] bytes = new byte[100];
            RestoreFile file = new RestoreFile(store, new StoreFileMetadata("_0.cfs", bytes.length, "1x", org.apache.lucene.util.Version.LATEST), "s");
            assertThrows(CorruptIndexException.class, () -> file.put(0, new BytesArray(bytes)));
            assertFalse(file.complete());
            file.discard();
            assertArrayEquals(new String[0], directory.listAll(), "nothing of it is left");
        }
    }
}
