package org.opensearch.ccr.follower;

import org.junit.jupiter.api.Test;
import org.opensearch.Version;
import org.opensearch.ccr.proto.CoreProto.FollowerConfig;
import org.opensearch.ccr.proto.WireProto.Codec;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.index.IndexSettings;
import org.opensearch.indices.replication.common.ReplicationType;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Each setting of a follower arrives in the configuration of the core when it is changed; what the core does with it, its tests say. */
final class FollowerConfigsTests {

    private static final String PREFIX = "plugins.replication.follower.";
    private static final ShardId LEADER = new ShardId("logs", "uuid", 0);

    private final AtomicInteger changes = new AtomicInteger();
    private final ClusterSettings cluster = new ClusterSettings(Settings.EMPTY, new HashSet<>(CcrSettings.all().stream()
        .filter(setting -> setting.hasNodeScope()).toList()));
    private final FollowerConfigs configs = new FollowerConfigs(Settings.EMPTY, cluster, changes::incrementAndGet);

    private static IndexSettings index(Settings own) {
        Settings all = Settings.builder().put(own).put(IndexMetadata.SETTING_VERSION_CREATED, Version.V_3_6_0).build();
        return new IndexSettings(
            IndexMetadata.builder("copy").settings(all).numberOfShards(1).numberOfReplicas(0).build(),
            Settings.EMPTY
        );
    }

    private FollowerConfig changed(Settings settings) {
        int before = changes.get();
        cluster.applySettings(settings);
        assertEquals(before + 1, changes.get());
        return configs.of(index(Settings.EMPTY), LEADER, "history");
    }

    private void arrives(String key, Object value, Function<FollowerConfig, Object> field, Object expected) {
        assertEquals(expected, field.apply(changed(Settings.builder().put(PREFIX + key, value.toString()).build())), key);
    }

    @Test
    void everyChangeArrives() {
        arrives("concurrent_readers_per_shard", 5, FollowerConfig::getFetchesMax, 5);
        arrives("concurrent_writers_per_shard", 6, FollowerConfig::getAppliesMax, 6);
        arrives("batch_size", "1mb", FollowerConfig::getBatchBytesMax, 1 << 20);
        arrives("index.ops_batch_size", 77, FollowerConfig::getBatchOpsMax, 77);
        arrives("poll_timeout", "7s", FollowerConfig::getPollTimeoutMs, 7_000);
        arrives("backoff_min", "33ms", FollowerConfig::getBackoffMinMs, 33);
        arrives("backoff_max", "44s", FollowerConfig::getBackoffMaxMs, 44_000);
        arrives("lease_renewal_interval", "9s", FollowerConfig::getLeaseIntervalMs, 9_000);
        arrives("poll_interval", "70ms", FollowerConfig::getPollIntervalMs, 70);
        arrives("retention_lease_max_failure_duration", "2h", FollowerConfig::getLeasePatienceMs, 7_200_000);
        arrives("prefix_size", "2kb", FollowerConfig::getPrefixBytesMax, 2048);
        arrives("codec", "lz4", FollowerConfig::getCodec, Codec.CODEC_LZ4);
        arrives("level", 7, FollowerConfig::getLevel, 7);
        arrives("pause_on_error", true, FollowerConfig::getFailOnWait, true);
    }

    @Test
    void whatIsWiderThanTheCoreIsBroughtIntoItsRange() {
        arrives("concurrent_readers_per_shard", 999, FollowerConfig::getFetchesMax, 16);
        arrives("concurrent_writers_per_shard", 999, FollowerConfig::getAppliesMax, 16);
        arrives("batch_size", "64kb", FollowerConfig::getPollBytes, 64 << 10);
        Settings crossed = Settings.builder().put(PREFIX + "backoff_min", "10s").put(PREFIX + "backoff_max", "100ms").build();
        FollowerConfig config = changed(crossed);
        assertEquals(100, config.getBackoffMinMs());
        assertEquals(100, config.getBackoffMaxMs());
    }

    @Test
    void theIndexsOwnBatchSizeWinsOverTheClusters() {
        changed(Settings.builder().put(PREFIX + "index.ops_batch_size", 77).build());
        IndexSettings own = index(Settings.builder().put("index.plugins.replication.follower.ops_batch_size", 18).build());
        assertEquals(18, configs.of(own, LEADER, "").getBatchOpsMax());
        assertEquals(77, configs.of(index(Settings.EMPTY), LEADER, "").getBatchOpsMax());
    }

    @Test
    void whereReplicasCopySegmentsBatchesAreAppliedInOrder() {
        Settings segments = Settings.builder().put(IndexMetadata.SETTING_REPLICATION_TYPE, ReplicationType.SEGMENT).build();
        assertEquals(true, configs.of(index(segments), LEADER, "").getInOrder());
        assertEquals(false, configs.of(index(Settings.EMPTY), LEADER, "").getInOrder());
    }

    @Test
    void whatTheLeaderIsHasToBeNamed() {
        FollowerConfig config = configs.of(index(Settings.EMPTY), LEADER, "history");
        assertEquals(Set.of("history", "uuid/0"), Set.of(config.getHistoryUuid(), config.getLeaderShard()));
    }
}
