package org.opensearch.ccr.autofollow;

import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.settings.AutofollowSettings;
import org.opensearch.common.Randomness;
import org.opensearch.common.settings.ClusterSettings;

/**
 * When auto-follow tries again. All pauses double and are jittered, so that many indices, rules and clusters do not come back
 * in the same moment.
 */
final class RetryTimes {

    /** A leader that answers again is seen soon: asking costs one small request. */
    private static final long LEADER_FIRST_MILLIS = 500;
    private static final long LEADER_MAX_MILLIS = 5_000;
    private static final long INDEX_FIRST_MILLIS = 1_000;
    /** Doublings beyond this would overflow; every limit has been reached long before. */
    private static final int DOUBLINGS_MAX = 20;
    /** A pause is up to a quarter longer than it says. */
    private static final int JITTER_PARTS = 4;

    private final ClusterSettings settings;

    RetryTimes(ClusterSettings settings) {
        this.settings = settings;
    }

    /** Milliseconds until a leader that did not answer is asked again. @param attempts failed ones, at least 1 */
    long leader(int attempts) {
        return pause(LEADER_FIRST_MILLIS, LEADER_MAX_MILLIS, attempts);
    }

    /**
     * Milliseconds until an index whose start failed is tried again. What passes by itself is tried at least as often as the
     * leader's indices are listed, everything else at least as often as {@code autofollow.retry_poll_interval} says.
     */
    long index(int attempts, boolean passing) {
        long most = settings.get(passing ? AutofollowSettings.FETCH_INTERVAL : AutofollowSettings.RETRY_INTERVAL).millis();
        return pause(INDEX_FIRST_MILLIS, most, attempts);
    }

    /** Whether an error of a start goes away without anybody doing anything about it. */
    static boolean passing(Exception e) {
        ErrorClass cls = ErrorClassifier.classifyCall(e);
        return cls == ErrorClass.ERROR_UNREACHABLE || cls == ErrorClass.ERROR_TRANSIENT || cls == ErrorClass.ERROR_OVERLOADED;
    }

    private static long pause(long first, long most, int attempts) {
        long plain = Math.min(most, first << Math.min(attempts - 1, DOUBLINGS_MAX));
        return plain + Randomness.get().nextInt((int) (plain / JITTER_PARTS) + 1);
    }
}
