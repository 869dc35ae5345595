package org.opensearch.ccr.settings;

import org.opensearch.common.settings.Setting;

import java.util.List;

/** Settings of the bulk verbs; keys, defaults and bounds are upstream's. */
public final class BulkSettings {

    private BulkSettings() {}

    public static final Setting<Integer> BATCH_SIZE = Setting.intSetting(
        "plugins.replication.follower.bulk_batch_size",
        10,
        1,
        100,
        CcrSettings.CLUSTER
    );

    /** Minutes. */
    public static final Setting<Integer> POLL_TIMEOUT = Setting.intSetting(
        "plugins.replication.follower.bulk_poll_timeout",
        15,
        1,
        30,
        CcrSettings.CLUSTER
    );

    public static List<Setting<?>> all() {
        return List.of(BATCH_SIZE, POLL_TIMEOUT);
    }
}
