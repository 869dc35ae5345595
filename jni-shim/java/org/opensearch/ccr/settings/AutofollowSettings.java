package org.opensearch.ccr.settings;

import org.opensearch.common.settings.Setting;
import org.opensearch.common.unit.TimeValue;

import java.util.List;

/** Settings of auto-follow; keys, defaults and bounds are upstream's. */
public final class AutofollowSettings {

    private AutofollowSettings() {}

    public static final Setting<TimeValue> FETCH_INTERVAL = Setting.timeSetting(
        "plugins.replication.autofollow.fetch_poll_interval",
        TimeValue.timeValueSeconds(30),
        TimeValue.timeValueSeconds(30),
        TimeValue.timeValueHours(1),
        CcrSettings.CLUSTER
    );

    public static final Setting<TimeValue> RETRY_INTERVAL = Setting.timeSetting(
        "plugins.replication.autofollow.retry_poll_interval",
        TimeValue.timeValueHours(1),
        TimeValue.timeValueMinutes(1),
        TimeValue.timeValueHours(4),
        CcrSettings.CLUSTER
    );

    public static final Setting<Integer> PARALLEL_STARTS = Setting.intSetting(
        "plugins.replication.autofollow.concurrent_replication_jobs_trigger_size",
        3,
        1,
        100,
        CcrSettings.CLUSTER
    );

    public static List<Setting<?>> all() {
        return List.of(FETCH_INTERVAL, RETRY_INTERVAL, PARALLEL_STARTS);
    }
}
