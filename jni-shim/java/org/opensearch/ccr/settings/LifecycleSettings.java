package org.opensearch.ccr.settings;

import org.opensearch.common.settings.Setting;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.common.unit.ByteSizeUnit;
import org.opensearch.core.common.unit.ByteSizeValue;

import java.util.List;

/** What happens to a follower when something happens to its leader, or to itself. All dynamic, on the follower, of our own unless said. */
public final class LifecycleSettings {

    private LifecycleSettings() {}

    /** Upstream's: a follower whose leader index was deleted is deleted, too; otherwise it is paused. */
    public static final Setting<Boolean> DELETE_INDEX = Setting.boolSetting("plugins.replication.replicate.delete_index", false, CcrSettings.CLUSTER);

    /** True pauses a replication for good where it would wait: leader index closed, permission taken away, follower blocked. */
    public static final Setting<Boolean> PAUSE_ON_ERROR = Setting.boolSetting(
        "plugins.replication.follower.pause_on_error",
        false,
        CcrSettings.CLUSTER
    );

    /** True refuses to delete a follower index; otherwise deleting it ends its replication. */
    public static final Setting<Boolean> DELETE_BLOCK = Setting.boolSetting("plugins.replication.follower.block.delete", false, CcrSettings.CLUSTER);

    /** The leader keeps the history of a paused replication for so long. Zero lets it go as soon as its lease expires. */
    public static final Setting<TimeValue> PAUSE_MAX_AGE = Setting.timeSetting(
        "plugins.replication.follower.pause.max_age",
        TimeValue.timeValueDays(7),
        TimeValue.ZERO,
        CcrSettings.CLUSTER
    );

    /** The leader keeps so much history of one shard of a paused replication; estimated from the operations it has got since. */
    public static final Setting<ByteSizeValue> PAUSE_MAX_SIZE = Setting.byteSizeSetting(
        "plugins.replication.follower.pause.max_size",
        new ByteSizeValue(50, ByteSizeUnit.GB),
        ByteSizeValue.ZERO,
        new ByteSizeValue(Long.MAX_VALUE, ByteSizeUnit.BYTES),
        CcrSettings.CLUSTER
    );

    /** Everything here, to be registered. */
    static List<Setting<?>> all() {
        return List.of(DELETE_INDEX, PAUSE_ON_ERROR, DELETE_BLOCK, PAUSE_MAX_AGE, PAUSE_MAX_SIZE);
    }
}
