package org.opensearch.ccr.settings;

import org.opensearch.ccr.proto.WireProto;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Setting.Property;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.MemorySizeValue;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.common.unit.ByteSizeUnit;
import org.opensearch.core.common.unit.ByteSizeValue;
import org.opensearch.index.IndexSettings;
import org.opensearch.monitor.jvm.JvmInfo;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The settings of leaders and followers. Keys, defaults and bounds that upstream has are kept; the ones of our own are said to be so.
 * Names begin with {@code plugins.replication.} (node scope) or {@code index.plugins.replication.} (index scope).
 */
public final class CcrSettings {

    static final Property[] CLUSTER = { Property.NodeScope, Property.Dynamic };
    private static final Property[] INDEX = { Property.IndexScope, Property.Dynamic };

    private CcrSettings() {}

    // ---- follower, cluster wide

    /** Operations in one fetch, at most. The byte limit {@link #BATCH_SIZE} usually comes first. */
    public static final Setting<Integer> OPS_BATCH_SIZE = Setting.intSetting(
        "plugins.replication.follower.index.ops_batch_size",
        50_000,
        16,
        CLUSTER
    );

    /** Fetches in flight for one shard, 16 at most; a change is in force at once. */
    public static final Setting<Integer> READERS_PER_SHARD = Setting.intSetting(
        "plugins.replication.follower.concurrent_readers_per_shard",
        2,
        1,
        CLUSTER
    );

    /** Applies in flight for one shard, 16 at most; a change is in force at once. */
    public static final Setting<Integer> WRITERS_PER_SHARD = Setting.intSetting(
        "plugins.replication.follower.concurrent_writers_per_shard",
        2,
        1,
        CLUSTER
    );

    /** The fallback: a leader that does not hold a poll until there is something new is asked so often, every 10 ms at most. */
    public static final Setting<TimeValue> POLL_INTERVAL = Setting.timeSetting(
        "plugins.replication.follower.poll_interval",
        TimeValue.timeValueMillis(50),
        TimeValue.timeValueMillis(1),
        TimeValue.timeValueSeconds(1),
        CLUSTER
    );

    /** The fallback: answers of the leader tell of changed metadata at once, and yet it is compared so often. */
    public static final Setting<TimeValue> METADATA_SYNC_INTERVAL = Setting.timeSetting(
        "plugins.replication.follower.metadata_sync_interval",
        TimeValue.timeValueSeconds(60),
        TimeValue.timeValueSeconds(5),
        CLUSTER
    );

    /**
     * How long the leader may refuse to renew a lease for no reason that is known to pass by itself; then the replication is
     * paused. An unreachable or closed leader and a missing permission are waited out however long they take.
     */
    public static final Setting<TimeValue> LEASE_MAX_FAILURE = Setting.timeSetting(
        "plugins.replication.follower.retention_lease_max_failure_duration",
        TimeValue.timeValueHours(1),
        TimeValue.timeValueSeconds(1),
        TimeValue.timeValueHours(12),
        CLUSTER
    );

    /** Plain bytes in one bootstrap chunk. */
    public static final Setting<ByteSizeValue> RECOVERY_CHUNK_SIZE = Setting.byteSizeSetting(
        "plugins.replication.follower.index.recovery.chunk_size",
        new ByteSizeValue(10, ByteSizeUnit.MB),
        new ByteSizeValue(1, ByteSizeUnit.MB),
        new ByteSizeValue(1, ByteSizeUnit.GB),
        CLUSTER
    );

    /** Bootstrap chunks in flight for one shard. */
    public static final Setting<Integer> RECOVERY_PARALLEL_CHUNKS = Setting.intSetting(
        "plugins.replication.follower.index.recovery.max_concurrent_file_chunks",
        5,
        1,
        CLUSTER
    );

    /** True refuses every new {@code _start} with 403. */
    public static final Setting<Boolean> START_BLOCK = Setting.boolSetting("plugins.replication.follower.block.start", false, CLUSTER);

    // ---- leader, cluster wide

    /** Threads that read for followers; 0 takes 1.5 times the processors plus one. */
    public static final Setting<Integer> LEADER_POOL_SIZE = Setting.intSetting(
        "plugins.replication.leader.thread_pool.size",
        0,
        0,
        CLUSTER
    );

    /** Shards that may wait for a thread before the leader answers 429. */
    public static final Setting<Integer> LEADER_POOL_QUEUE = Setting.intSetting(
        "plugins.replication.leader.thread_pool.queue_size",
        1_000,
        0,
        CLUSTER
    );

    // ---- of our own

    /** How the leader packs operations and bootstrap chunks for this follower. */
    public static final Setting<WireProto.Codec> CODEC = new Setting<>(
        "plugins.replication.follower.codec",
        "zstd",
        CcrSettings::parseCodec,
        CLUSTER
    );

    /** zstd level, negative ones are faster; LZ4 takes its absolute value as acceleration ({@code CodecLevel} in {@code core}). */
    public static final Setting<Integer> CODEC_LEVEL = Setting.intSetting("plugins.replication.follower.level", 1, -7, 19, CLUSTER);

    /** Plain bytes of operations in one batch; a single larger operation passes alone. */
    public static final Setting<ByteSizeValue> BATCH_SIZE = Setting.byteSizeSetting(
        "plugins.replication.follower.batch_size",
        new ByteSizeValue(4, ByteSizeUnit.MB),
        new ByteSizeValue(64, ByteSizeUnit.KB),
        new ByteSizeValue(64, ByteSizeUnit.MB),
        CLUSTER
    );

    private static final String MEMORY_LIMIT_KEY = "plugins.replication.follower.memory_limit";

    /** Fetched and not yet applied plain bytes of all shards of a node, 1 MB at least; static. Default a tenth of the heap, 32 MB to 1 GB. */
    public static final Setting<ByteSizeValue> MEMORY_LIMIT = new Setting<>(
        MEMORY_LIMIT_KEY,
        settings -> defaultMemoryLimit() + ByteSizeUnit.BYTES.getSuffix(),
        CcrSettings::parseMemoryLimit,
        Property.NodeScope
    );

    /** How long the leader may keep a fetch parked when there is nothing new. */
    public static final Setting<TimeValue> POLL_TIMEOUT = Setting.timeSetting(
        "plugins.replication.follower.poll_timeout",
        TimeValue.timeValueSeconds(60),
        TimeValue.timeValueSeconds(1),
        TimeValue.timeValueMinutes(5),
        CLUSTER
    );

    public static final Setting<TimeValue> BACKOFF_MIN = Setting.timeSetting(
        "plugins.replication.follower.backoff_min",
        TimeValue.timeValueMillis(20),
        TimeValue.timeValueMillis(1),
        TimeValue.timeValueSeconds(10),
        CLUSTER
    );

    public static final Setting<TimeValue> BACKOFF_MAX = Setting.timeSetting(
        "plugins.replication.follower.backoff_max",
        TimeValue.timeValueSeconds(30),
        TimeValue.timeValueMillis(100),
        TimeValue.timeValueMinutes(10),
        CLUSTER
    );

    public static final Setting<TimeValue> LEASE_RENEWAL_INTERVAL = Setting.timeSetting(
        "plugins.replication.follower.lease_renewal_interval",
        TimeValue.timeValueSeconds(30),
        TimeValue.timeValueSeconds(1),
        TimeValue.timeValueHours(1),
        CLUSTER
    );

    /** Operations kept after a batch so that the next one packs against them; 0 packs every batch alone. */
    public static final Setting<ByteSizeValue> PREFIX_SIZE = Setting.byteSizeSetting(
        "plugins.replication.follower.prefix_size",
        new ByteSizeValue(8, ByteSizeUnit.KB),
        ByteSizeValue.ZERO,
        new ByteSizeValue(16, ByteSizeUnit.KB),
        CLUSTER
    );

    /** A leader forgets a bootstrap that has not asked for anything for so long. */
    public static final Setting<TimeValue> RECOVERY_IDLE_TIMEOUT = Setting.timeSetting(
        "plugins.replication.leader.recovery.idle_timeout",
        TimeValue.timeValueMinutes(5),
        TimeValue.timeValueSeconds(10),
        TimeValue.timeValueHours(12),
        CLUSTER
    );

    // ---- index scope

    /**
     * {@code <alias>:<leader index>}. Its presence makes an index a follower. Private: nobody can set it by creating or updating
     * an index, a resize does not copy it; only the restore of our own bootstrap brings it and only {@code _stop} takes it away.
     */
    public static final Setting<String> LEADER_INDEX = Setting.simpleString(
        "index.plugins.replication.follower.leader_index",
        Property.IndexScope,
        Property.PrivateIndex,
        Property.NotCopyableOnResize
    );

    /** Overrides {@link #OPS_BATCH_SIZE} for one follower index. */
    public static final Setting<Integer> INDEX_OPS_BATCH_SIZE = Setting.intSetting(
        "index.plugins.replication.follower.ops_batch_size",
        OPS_BATCH_SIZE,
        16,
        INDEX
    );

    /** On the leader: keep translog generations that a follower's retention lease still needs. */
    public static final Setting<Boolean> TRANSLOG_PRUNING = Setting.boolSetting(
        "index.plugins.replication.translog.retention_lease.pruning.enabled",
        true,
        INDEX
    );

    /** On the leader: at most so much translog of one shard is kept for followers. */
    public static final Setting<ByteSizeValue> TRANSLOG_RETENTION_SIZE = Setting.byteSizeSetting(
        "index.plugins.replication.translog.retention_size",
        new ByteSizeValue(512, ByteSizeUnit.MB),
        ByteSizeValue.ZERO,
        new ByteSizeValue(Long.MAX_VALUE, ByteSizeUnit.BYTES),
        INDEX
    );

    /** Everything that the plugin registers; a subject with settings of its own has a class of its own. */
    public static List<Setting<?>> all() {
        return Stream.of(replication(), AutofollowSettings.all(), BulkSettings.all(), VerifySettings.all(), LifecycleSettings.all())
            .flatMap(List::stream)
            .toList();
    }

    private static List<Setting<?>> replication() {
        return List.of(
            OPS_BATCH_SIZE,
            READERS_PER_SHARD,
            WRITERS_PER_SHARD,
            POLL_INTERVAL,
            METADATA_SYNC_INTERVAL,
            LEASE_MAX_FAILURE,
            RECOVERY_CHUNK_SIZE,
            RECOVERY_PARALLEL_CHUNKS,
            START_BLOCK,
            LEADER_POOL_SIZE,
            LEADER_POOL_QUEUE,
            CODEC,
            CODEC_LEVEL,
            BATCH_SIZE,
            MEMORY_LIMIT,
            POLL_TIMEOUT,
            BACKOFF_MIN,
            BACKOFF_MAX,
            LEASE_RENEWAL_INTERVAL,
            PREFIX_SIZE,
            RECOVERY_IDLE_TIMEOUT,
            LEADER_INDEX,
            INDEX_OPS_BATCH_SIZE,
            TRANSLOG_PRUNING,
            TRANSLOG_RETENTION_SIZE
        );
    }

    /** Whether these index settings are those of a follower: a lookup in a map, cheap enough for every request. */
    public static boolean isFollower(Settings indexSettings) {
        return indexSettings.get(LEADER_INDEX.getKey(), "").isEmpty() == false;
    }

    /** Whether an open index follows at this moment; sees setting updates at once. */
    public static boolean isFollower(IndexSettings indexSettings) {
        return isFollower(indexSettings.getSettings());
    }

    private static WireProto.Codec parseCodec(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "zstd" -> WireProto.Codec.CODEC_ZSTD;
            case "lz4" -> WireProto.Codec.CODEC_LZ4;
            case "none" -> WireProto.Codec.CODEC_NONE;
            default -> throw new IllegalArgumentException("unknown codec [" + value + "], expected one of [zstd, lz4, none]");
        };
    }

    private static ByteSizeValue parseMemoryLimit(String value) {
        ByteSizeValue limit = MemorySizeValue.parseBytesSizeValueOrHeapRatio(value, MEMORY_LIMIT_KEY);
        if (limit.getBytes() < ByteSizeUnit.MB.toBytes(1)) {
            throw new IllegalArgumentException("failed to parse value [" + value + "] for setting [" + MEMORY_LIMIT_KEY + "], must be >= [1mb]");
        }
        return limit;
    }

    private static long defaultMemoryLimit() {
        long tenth = JvmInfo.jvmInfo().getMem().getHeapMax().getBytes() / 10;
        return Math.clamp(tenth, ByteSizeUnit.MB.toBytes(32), ByteSizeUnit.GB.toBytes(1));
    }
}
