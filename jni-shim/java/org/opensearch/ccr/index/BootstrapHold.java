package org.opensearch.ccr.index;

import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.common.unit.TimeValue;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A bootstrap that begins anew when what is in its way is gone. Each try makes and deletes an index, so the pauses between them
 * grow from 2 to 30 seconds.
 */
final class BootstrapHold {

    private static final long FIRST_PAUSE_MILLIS = 2_000;
    private static final long LONGEST_PAUSE_MILLIS = 30_000;

    private int attempts;
    private Instant since;
    private long pauseMillis;
    private ErrorClass last = ErrorClass.ERROR_NONE;
    private boolean on;

    /** Whether this passes by itself or somebody else can take it out of the way, so that the same bootstrap may succeed later. */
    static boolean waitsFor(ErrorClass error) {
        return words(error) != null;
    }

    /** Null for what is not waited for. */
    private static String words(ErrorClass error) {
        return switch (error) {
            case ERROR_FORBIDDEN -> "A permission is missing";
            case ERROR_BLOCKED -> "The bootstrap is blocked";
            case ERROR_UNREACHABLE -> "The leader cluster is unreachable";
            case ERROR_LEADER_CLOSED -> "The leader index is closed";
            case ERROR_OVERLOADED -> "A node is overloaded";
            case ERROR_TRANSIENT -> "The bootstrap waits for the leader";
            default -> null;
        };
    }

    /**
     * Notes one more try in vain. A leader that speaks again is waited for anew: its shards will be open soon.
     *
     * @return what the status says meanwhile
     */
    synchronized String begin(ErrorClass error, String reason) {
        since = attempts++ == 0 ? Instant.now().truncatedTo(ChronoUnit.SECONDS) : since;
        if (last == ErrorClass.ERROR_UNREACHABLE && error != last) {
            pauseMillis = 0;
        }
        last = error;
        pauseMillis = pauseMillis == 0 ? FIRST_PAUSE_MILLIS : Math.min(2 * pauseMillis, LONGEST_PAUSE_MILLIS);
        on = true;
        return words(error) + " since " + since + " (" + attempts + " attempts, last: " + reason + "). Replication resumes by itself.";
    }

    /** Until the next try; not the same for all that wait for one leader. */
    synchronized TimeValue pause() {
        return TimeValue.timeValueMillis(pauseMillis / 2 + ThreadLocalRandom.current().nextLong(pauseMillis / 2 + 1));
    }

    /** Number of the last try in vain. */
    synchronized int attempt() {
        return attempts;
    }

    /** Whether the next try is not due yet. */
    synchronized boolean isOn() {
        return on;
    }

    /** The leader is back. @return whether that is what the pause was for */
    synchronized boolean endForLeader() {
        return last == ErrorClass.ERROR_UNREACHABLE && end(attempts);
    }

    /** The pause after that try is over. @return whether it was not over before */
    synchronized boolean end(int attempt) {
        boolean ends = on && attempt == attempts;
        on &= ends == false;
        return ends;
    }
}
