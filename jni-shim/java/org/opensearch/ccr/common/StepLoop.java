package org.opensearch.ccr.common;

import org.opensearch.common.unit.TimeValue;
import org.opensearch.threadpool.ThreadPool;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Runs a step on a generic thread, one at a time, and once more when somebody woke it meanwhile. Thread-safe. */
public final class StepLoop {

    private final ThreadPool threadPool;
    private final Runnable step;
    private final Consumer<Exception> failed;
    private final AtomicInteger wakes = new AtomicInteger();

    /** @param failed told what a step has thrown; the next one runs when it is woken */
    public StepLoop(ThreadPool threadPool, Runnable step, Consumer<Exception> failed) {
        this.threadPool = threadPool;
        this.step = step;
        this.failed = failed;
    }

    /** Never waits. */
    public void wake() {
        if (wakes.getAndIncrement() == 0) {
            threadPool.generic().execute(this::run);
        }
    }

    /** After a while; not when the node is shutting down. */
    public void wakeIn(TimeValue pause) {
        threadPool.scheduleUnlessShuttingDown(pause, ThreadPool.Names.GENERIC, this::wake);
    }

    private void run() {
        int seen;
        do {
            seen = wakes.get();
            try {
                step.run();
            } catch (Exception e) {
                failed.accept(e);
            }
        } while (wakes.compareAndSet(seen, 0) == false);
    }
}
