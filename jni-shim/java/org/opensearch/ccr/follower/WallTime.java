package org.opensearch.ccr.follower;

import java.util.function.LongSupplier;

/**
 * Tells moments of a monotonic clock in epoch milliseconds. The two clocks tick at different times within their milliseconds, so
 * their distance is not measured anew for each moment, which would be told in two ways then, but only when the wall clock was set
 * or has drifted. Thread-safe.
 */
final class WallTime {
    /** A wall clock that is off by more was set: it is followed then. */
    private static final long SET_MILLIS = 1_000;

    private final LongSupplier wall;
    private final LongSupplier monotonic;
    private volatile long distance;

    /** Both in milliseconds. */
    WallTime(LongSupplier wall, LongSupplier monotonic) {
        this.wall = wall;
        this.monotonic = monotonic;
        distance = wall.getAsLong() - monotonic.getAsLong();
    }

    /** Of a moment of the monotonic clock; of one that is yet to come, that of now. */
    long epochMillis(long moment) {
        long now = monotonic.getAsLong();
        long measured = wall.getAsLong() - now;
        if (Math.abs(measured - distance) > SET_MILLIS) {
            distance = measured;
        }
        return distance + Math.min(moment, now);
    }
}
