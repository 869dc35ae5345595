package org.opensearch.ccr.follower;

import org.opensearch.ccr.common.ShardNames;
import org.opensearch.ccr.core.CodecLevel;
import org.opensearch.ccr.core.NativeLimits;
import org.opensearch.ccr.proto.CoreProto.FollowerConfig;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.ccr.settings.LifecycleSettings;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.index.IndexSettings;

import java.util.List;

/**
 * Translates settings to the state machine's configuration. The core refuses what is out of its range, so values are brought
 * into it here, where a setting is wider than the core can be.
 */
final class FollowerConfigs {
    /** What every shard may ask for at once without the node-wide budget: an idle shard must not need credit to be awake. */
    private static final int POLL_BYTES = 512 << 10;

    private static final List<Setting<?>> USED = List.of(
        CcrSettings.READERS_PER_SHARD,
        CcrSettings.WRITERS_PER_SHARD,
        CcrSettings.BATCH_SIZE,
        CcrSettings.OPS_BATCH_SIZE,
        CcrSettings.POLL_TIMEOUT,
        CcrSettings.BACKOFF_MIN,
        CcrSettings.BACKOFF_MAX,
        CcrSettings.LEASE_RENEWAL_INTERVAL,
        CcrSettings.PREFIX_SIZE,
        CcrSettings.POLL_INTERVAL,
        CcrSettings.LEASE_MAX_FAILURE,
        CcrSettings.CODEC,
        CcrSettings.CODEC_LEVEL,
        LifecycleSettings.PAUSE_ON_ERROR
    );

    private volatile Settings settings;

    /** @param changed called after each change of a setting */
    FollowerConfigs(Settings node, ClusterSettings clusterSettings, Runnable changed) {
        this.settings = node;
        clusterSettings.addSettingsUpdateConsumer(now -> {
            settings = now;
            changed.run();
        }, USED);
    }

    /**
     * @param leader  the leader shard: an answer has to name it
     * @param history its history UUID, empty while unknown
     */
    FollowerConfig of(IndexSettings index, ShardId leader, String history) {
        Settings now = settings;
        WireProto.Codec codec = CcrSettings.CODEC.get(now);
        int batchBytes = (int) CcrSettings.BATCH_SIZE.get(now).getBytes();
        return FollowerConfig.newBuilder()
            .setHistoryUuid(history)
            .setLeaderShard(ShardNames.of(leader))
            .setFetchesMax(Math.min(NativeLimits.FOLLOWER_FETCHES_MAX, CcrSettings.READERS_PER_SHARD.get(now)))
            .setAppliesMax(Math.min(NativeLimits.FOLLOWER_APPLIES_MAX, CcrSettings.WRITERS_PER_SHARD.get(now)))
            .setBatchBytesMax(batchBytes)
            .setBatchOpsMax(Math.min(NativeLimits.WIRE_OPS_MAX, opsPerBatch(index, now)))
            .setPollBytes(Math.min(POLL_BYTES, batchBytes))
            .setPollTimeoutMs(millis(CcrSettings.POLL_TIMEOUT.get(now)))
            .setBackoffMinMs(Math.min(millis(CcrSettings.BACKOFF_MIN.get(now)), millis(CcrSettings.BACKOFF_MAX.get(now))))
            .setBackoffMaxMs(millis(CcrSettings.BACKOFF_MAX.get(now)))
            .setLeaseIntervalMs(millis(CcrSettings.LEASE_RENEWAL_INTERVAL.get(now)))
            .setPollIntervalMs(millis(CcrSettings.POLL_INTERVAL.get(now)))
            .setLeasePatienceMs(millis(CcrSettings.LEASE_MAX_FAILURE.get(now)))
            .setPrefixBytesMax((int) Math.min(NativeLimits.TAIL_BYTES_MAX, CcrSettings.PREFIX_SIZE.get(now).getBytes()))
            .setCodec(codec)
            .setLevel(CodecLevel.of(codec, CcrSettings.CODEC_LEVEL.get(now)))
            .setInOrder(index.isSegRepEnabledOrRemoteNode())
            .setSeed(System.nanoTime())
            .setFailOnWait(LifecycleSettings.PAUSE_ON_ERROR.get(now))
            .build();
    }

    private static int opsPerBatch(IndexSettings index, Settings now) {
        return CcrSettings.INDEX_OPS_BATCH_SIZE.exists(index.getSettings())
            ? CcrSettings.INDEX_OPS_BATCH_SIZE.get(index.getSettings())
            : CcrSettings.OPS_BATCH_SIZE.get(now);
    }

    private static int millis(TimeValue time) {
        return (int) Math.min(Integer.MAX_VALUE, time.millis());
    }
}
