package org.opensearch.ccr.autofollow;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.settings.AutofollowSettings;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.Settings;

import java.util.HashSet;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** The two intervals of auto-follow bound the pauses between tries, a changed one the next pause; they take minutes and hours to see. */
final class RetryTimesTests {

    private static final int MANY = 1_000;

    private final ClusterSettings cluster = new ClusterSettings(Settings.EMPTY, new HashSet<>(AutofollowSettings.all()));
    private final RetryTimes times = new RetryTimes(cluster);

    /** Between this and a quarter more, whatever the jitter. */
    private static void about(long expected, long pause) {
        assertTrue(pause >= expected && pause <= expected + expected / 4, pause + " is not about " + expected);
    }

    @Test
    void pausesDoubleFromASecond() {
        about(1_000, times.index(1, false));
        about(2_000, times.index(2, false));
        about(64_000, times.index(7, false));
        about(1_000, times.index(1, true));
    }

    @Test
    void whatPassesByItselfIsTriedAsOftenAsIndicesAreListed() {
        about(30_000, times.index(MANY, true));
        cluster.applySettings(Settings.builder().put(AutofollowSettings.FETCH_INTERVAL.getKey(), "5m").build());
        about(300_000, times.index(MANY, true));
        about(3_600_000, times.index(MANY, false));
    }

    @Test
    void everythingElseIsTriedWithinTheRetryInterval() {
        about(3_600_000, times.index(MANY, false));
        cluster.applySettings(Settings.builder().put(AutofollowSettings.RETRY_INTERVAL.getKey(), "1m").build());
        about(60_000, times.index(MANY, false));
        about(30_000, times.index(MANY, true));
    }
}
