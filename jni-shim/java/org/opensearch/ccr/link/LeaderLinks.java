package org.opensearch.ccr.link;

import org.opensearch.common.lease.Releasable;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.threadpool.ThreadPool;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Knows which leaders are away, and keeps calls from knocking at them. Each call to an unconnected cluster makes OpenSearch open
 * all its sockets anew, with a stack trace in the log for each; so while a leader is away one small connection at a time asks
 * for all callers of this node whether somebody is there, and only then OpenSearch is asked to connect. Callers wait for the
 * verdict, a tenth of a second or so; when the leader is back, everybody is told at once.
 *
 * <p>Nobody looks for a leader that nobody asks for. Thread-safe; listeners are called on whatever thread finds out.
 */
public final class LeaderLinks {
    private static final TimeValue LOOK_PAUSE = TimeValue.timeValueMillis(100);
    private static final long INTEREST_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** Between two connects that fail although somebody is there: it grows with the outage. */
    private static final long KNOCK_PAUSE_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long KNOCK_PAUSE_MAX_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long OUTAGE_PER_PAUSE = 240;

    private final ThreadPool threadPool;
    private final ConcurrentMap<String, Outage> outages = new ConcurrentHashMap<>();
    private final List<Consumer<String>> returned = new CopyOnWriteArrayList<>();
    /** Null until the node has made its transport; nothing is away before. */
    private volatile Lookout lookout;
    private volatile Silence silence;

    /** Guarded by itself. */
    private static final class Outage {
        final long began = System.nanoTime();
        List<ActionListener<Void>> waiting = new ArrayList<>();
        long nextKnock = began;
        long asked;
        boolean looking;
        boolean over;
        Exception last;

        Outage(Exception last) {
            this.last = last;
        }
    }

    public LeaderLinks(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    void attach(Lookout transport) {
        lookout = transport;
        silence = new Silence(transport, threadPool.generic(), System::nanoTime);
        threadPool.scheduleWithFixedDelay(silence::look, TimeValue.timeValueMillis(Silence.LOOK_MILLIS), ThreadPool.Names.GENERIC);
    }

    /** Tells the alias of each leader that is back, until it is closed. */
    public Releasable whenBack(Consumer<String> listener) {
        returned.add(listener);
        return () -> returned.remove(listener);
    }

    /** Has a leader that is away looked for, for two seconds or so; for whoever waits for it without a call. */
    public void seek(String alias) {
        Outage outage = outages.get(alias);
        if (outage != null) {
            reach(alias, ActionListener.wrap(() -> {}));
        }
    }

    /** Answers when the leader may be called, or fails with what the last call was told. */
    public void reach(String alias, ActionListener<Void> caller) {
        Outage outage = outages.get(alias);
        if (outage != null && lookout.isConnected(alias)) {
            over(alias, outage);
            outage = null;
        }
        if (outage == null || await(alias, outage, caller) == false) {
            caller.onResponse(null);
        }
    }

    /**
     * The caller's listener for a call that is sent now: how it ends tells whether the leader can be reached.
     *
     * @param lost whether a failure came from the way there
     */
    public <T> ActionListener<T> call(String alias, Predicate<Exception> lost, ActionListener<T> caller) {
        Silence.Call call = silence == null ? null : silence.call(alias);
        return ActionListener.wrap(answer -> {
            if (call != null) {
                call.answered();
            }
            caller.onResponse(answer);
        }, e -> {
            long silentNanos = call == null ? 0 : call.failed();
            if (lost.test(e) == false) {
                caller.onFailure(e);
                return;
            }
            Exception told = silentNanos == 0 ? e : new SilentLeaderException(silentNanos, e);
            unreachable(alias, told);
            caller.onFailure(told);
        });
    }

    private void unreachable(String alias, Exception e) {
        if (lookout == null || lookout.isConnected(alias)) {
            return; // one of its connections broke, and the next call takes another
        }
        Outage outage = outages.computeIfAbsent(alias, key -> new Outage(e));
        synchronized (outage) {
            outage.last = e;
        }
    }

    /** False: it is over. */
    private boolean await(String alias, Outage outage, ActionListener<Void> caller) {
        synchronized (outage) {
            if (outage.over) {
                return false;
            }
            outage.waiting.add(caller);
            outage.asked = System.nanoTime();
            if (outage.looking) {
                return true;
            }
            outage.looking = true;
        }
        threadPool.generic().execute(() -> look(alias, outage));
        return true;
    }

    private void look(String alias, Outage outage) {
        try {
            if (lookout.isConnected(alias)) {
                over(alias, outage);
                return;
            }
            lookout.isThere(alias, there -> {
                if (there && isTimeToKnock(outage)) {
                    // A link that falls silent at this very moment must not keep everybody waiting.
                    ActionListener<Void> knocked = ActionListener.wrap(back -> over(alias, outage), e -> refused(alias, outage, e));
                    lookout.connect(alias, call(alias, e -> false, knocked));
                } else {
                    away(alias, outage);
                }
            });
        } catch (Exception e) {
            refused(alias, outage, e);
        }
    }

    private static boolean isTimeToKnock(Outage outage) {
        synchronized (outage) {
            return System.nanoTime() - outage.nextKnock >= 0;
        }
    }

    private void refused(String alias, Outage outage, Exception e) {
        long now = System.nanoTime();
        synchronized (outage) {
            long pause = Math.max(KNOCK_PAUSE_MIN_NANOS, Math.min(KNOCK_PAUSE_MAX_NANOS, (now - outage.began) / OUTAGE_PER_PAUSE));
            outage.nextKnock = now + pause;
            outage.last = e;
        }
        away(alias, outage);
    }

    private void away(String alias, Outage outage) {
        List<ActionListener<Void>> waiting;
        Exception last;
        synchronized (outage) {
            waiting = outage.waiting;
            outage.waiting = new ArrayList<>();
            last = outage.last;
            outage.looking = System.nanoTime() - outage.asked < INTEREST_NANOS;
            if (outage.looking) {
                threadPool.scheduleUnlessShuttingDown(LOOK_PAUSE, ThreadPool.Names.GENERIC, () -> look(alias, outage));
            }
        }
        ActionListener.onFailure(waiting, last);
    }

    private void over(String alias, Outage outage) {
        List<ActionListener<Void>> waiting;
        synchronized (outage) {
            if (outage.over) {
                return;
            }
            outage.over = true;
            waiting = outage.waiting;
        }
        outages.remove(alias, outage);
        ActionListener.onResponse(waiting, null);
        returned.forEach(listener -> listener.accept(alias));
    }
}
