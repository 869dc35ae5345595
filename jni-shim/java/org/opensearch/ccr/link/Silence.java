package org.opensearch.ccr.link;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.core.action.ActionListener;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Notices a leader whose connections stand and carry nothing, about a quarter of a minute after its last word. Only while
 * somebody waits for an answer: any answer proves that it is there, and when none has come for a while it is asked for a word
 * over a connection that there is. When that stays away, too, a new connection decides: a link that is merely busy with a large
 * answer lets it through. So it costs one tiny request every four seconds to an idle leader, and none to a busy one.
 *
 * <p>Thread-safe. {@link #look} is to be called every {@link #LOOK_MILLIS}.
 */
final class Silence {

    /** What it does with the node's connections. */
    interface Wire {
        /** Asks for a word over one of the connections that there are; fails when there was none in time. */
        void greet(String alias, ActionListener<Void> word);

        /** Whether a new connection is answered. May block for a moment. */
        void isThere(String alias, Consumer<Boolean> answer);

        /** Ends all connections to it, and with them every call that waits for an answer. */
        void disconnect(String alias);
    }

    private static final Logger LOGGER = LogManager.getLogger(Silence.class);
    static final long LOOK_MILLIS = 2_000;
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(4);

    private final Wire wire;
    private final Executor executor;
    private final LongSupplier nanoTime;
    private final ConcurrentMap<String, Leader> leaders = new ConcurrentHashMap<>();

    /** Guarded by itself. Times are of the clock. */
    private static final class Leader {
        int calls; // that wait for an answer
        long heard; // its last word, or when it was called first
        long doubted; // asked for a word, or looked for in vain
        boolean greeted;
        boolean lookedFor;
        long silenced; // when its connections were ended
        boolean wasSilent;

        Leader(long now) {
            heard = now;
        }
    }

    /** @param executor may block */
    Silence(Wire wire, Executor executor, LongSupplier nanoTime) {
        this.wire = wire;
        this.executor = executor;
        this.nanoTime = nanoTime;
    }

    /** One call to a leader. Its end is told once: with {@link #answered}, or with {@link #failed}. */
    final class Call {
        private final Leader leader;
        private final long began = nanoTime.getAsLong();
        private boolean over;

        private Call(Leader leader) {
            this.leader = leader;
            synchronized (leader) {
                leader.calls++;
            }
        }

        void answered() {
            synchronized (leader) {
                leader.heard = nanoTime.getAsLong();
                end();
            }
        }

        /** @return for how long the leader had said nothing when that ended the call's connection; else 0 */
        long failed() {
            synchronized (leader) {
                boolean silenced = over == false && leader.wasSilent && leader.silenced - began >= 0;
                end();
                return silenced ? nanoTime.getAsLong() - leader.heard : 0;
            }
        }

        private void end() {
            leader.calls -= over ? 0 : 1;
            over = true;
        }
    }

    Call call(String alias) {
        return new Call(leaders.computeIfAbsent(alias, key -> new Leader(nanoTime.getAsLong())));
    }

    void look() {
        leaders.forEach(this::look);
    }

    private void look(String alias, Leader leader) {
        boolean look;
        synchronized (leader) {
            long now = nanoTime.getAsLong();
            if (leader.calls == 0 || leader.lookedFor || now - leader.heard < QUIET_NANOS) {
                return;
            }
            look = leader.greeted;
            if (look && isQuiet(leader, now) == false) {
                return;
            }
            leader.lookedFor = look;
            if (look == false) {
                leader.greeted = true;
                leader.doubted = now;
            }
        }
        executor.execute(() -> {
            try {
                if (look) {
                    wire.isThere(alias, there -> looked(alias, leader, there));
                } else {
                    wire.greet(alias, ActionListener.wrap(word -> greeted(leader, true), e -> greeted(leader, false)));
                }
            } catch (RuntimeException e) {
                LOGGER.debug("cannot ask for [" + alias + "] now", e);
                forget(leader);
            }
        });
    }

    private static void forget(Leader leader) {
        synchronized (leader) {
            leader.greeted = false;
            leader.lookedFor = false;
        }
    }

    /** Whether neither the word that it was asked for nor any other has come in time. */
    private static boolean isQuiet(Leader leader, long now) {
        return now - leader.doubted >= PATIENCE_NANOS && now - leader.heard >= PATIENCE_NANOS;
    }

    private void greeted(Leader leader, boolean word) {
        synchronized (leader) {
            leader.greeted = false;
            leader.heard = word ? nanoTime.getAsLong() : leader.heard;
        }
    }

    private void looked(String alias, Leader leader, boolean there) {
        synchronized (leader) {
            long now = nanoTime.getAsLong();
            leader.lookedFor = false;
            boolean silent = there == false && leader.calls > 0 && isQuiet(leader, now);
            leader.doubted = now;
            if (silent == false) {
                return;
            }
            leader.wasSilent = true;
            leader.silenced = now;
            LOGGER.warn(
                "leader [{}] has said nothing for {} s, and a new connection is not answered: its connections are closed",
                alias,
                TimeUnit.NANOSECONDS.toSeconds(now - leader.heard)
            );
        }
        wire.disconnect(alias);
    }
}
