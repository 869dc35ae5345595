package org.opensearch.ccr.link;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** How a call ends whose leader has ceased to answer, over the connections that stood as well as over a new one. */
public final class SilentLeaderException extends IOException {

    private static final long serialVersionUID = 1;
    private final long millis;

    SilentLeaderException(long silentNanos, Exception cause) {
        super(
            "the leader has said nothing for " + TimeUnit.NANOSECONDS.toSeconds(silentNanos) + " s, and a new connection was not answered either",
            cause
        );
        millis = TimeUnit.NANOSECONDS.toMillis(silentNanos);
    }

    /** How long nothing had come from the leader when the call failed; 0 for any other failure, which is told when it happens. */
    public static long millis(Exception e) {
        return e instanceof SilentLeaderException silent ? silent.millis : 0;
    }
}
