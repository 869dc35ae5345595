package org.opensearch.ccr.settings;

import org.opensearch.common.settings.Setting;
import org.opensearch.core.common.unit.ByteSizeUnit;
import org.opensearch.core.common.unit.ByteSizeValue;

import java.util.List;

/** Settings of {@code _verify}, on the follower; all of our own. */
public final class VerifySettings {

    private VerifySettings() {}

    /** What one comparison may read in a second, of both clusters together; read when it begins. */
    public static final Setting<ByteSizeValue> BYTES_PER_SECOND = Setting.byteSizeSetting(
        "plugins.replication.verify.max_bytes_per_sec",
        new ByteSizeValue(40, ByteSizeUnit.MB),
        new ByteSizeValue(64, ByteSizeUnit.KB),
        new ByteSizeValue(1, ByteSizeUnit.TB),
        CcrSettings.CLUSTER
    );

    /** Shards of one index that are compared at a time. */
    public static final Setting<Integer> CONCURRENT_SHARDS = Setting.intSetting(
        "plugins.replication.verify.concurrent_shards",
        2,
        1,
        64,
        CcrSettings.CLUSTER
    );

    public static List<Setting<?>> all() {
        return List.of(BYTES_PER_SECOND, CONCURRENT_SHARDS);
    }
}
