package org.opensearch.ccr.follower;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/**
 * Keeps hundreds of shards from knocking at a leader that is away. Each call to an unconnected cluster makes OpenSearch open
 * all its sockets anew, with a line in the log for each; so while a leader does not answer, one shard of this node asks for all.
 * The others are told at once what the last one was told. The first answer of whatever kind lets everybody through.
 *
 * <p>The pause between two knocks grows with the outage, from a fifth of a second to five: a short outage is over within a
 * second of the leader's return, and a long one does not fill the disk with logs. Thread-safe.
 */
final class LeaderLinks {
    private static final long PAUSE_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long PAUSE_MAX_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long OUTAGE_PER_PAUSE = 240;

    /** Guarded by itself. */
    private static final class Outage {
        final long began;
        long nextKnock;
        Exception last;

        Outage(long now, Exception last) {
            this.began = now;
            this.nextKnock = now + PAUSE_MIN_NANOS;
            this.last = last;
        }
    }

    private final ConcurrentMap<String, Outage> outages = new ConcurrentHashMap<>();

    /** Null when the caller may call the leader now, else what the last caller was told. */
    Exception away(String alias) {
        Outage outage = outages.get(alias);
        if (outage == null) {
            return null;
        }
        long now = System.nanoTime();
        synchronized (outage) {
            if (now - outage.nextKnock < 0) {
                return outage.last;
            }
            long pause = Math.max(PAUSE_MIN_NANOS, Math.min(PAUSE_MAX_NANOS, (now - outage.began) / OUTAGE_PER_PAUSE));
            outage.nextKnock = now + pause;
            return null;
        }
    }

    /** The leader could not be reached. */
    void unreachable(String alias, Exception e) {
        long now = System.nanoTime();
        Outage outage = outages.computeIfAbsent(alias, key -> new Outage(now, e));
        synchronized (outage) {
            outage.last = e;
        }
    }

    /** The leader said something, be it an error. */
    void answered(String alias) {
        if (outages.isEmpty() == false) {
            outages.remove(alias);
        }
    }
}
