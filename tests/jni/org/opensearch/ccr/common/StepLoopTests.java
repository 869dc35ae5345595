package org.opensearch.ccr.common;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.opensearch.common.settings.Settings;
import org.opensearch.threadpool.ThreadPool;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class StepLoopTests {

    private final ThreadPool threadPool = new ThreadPool(Settings.builder().put("node.name", "test").build());

    @AfterEach
    void end() {
        ThreadPool.terminate(threadPool, 10, TimeUnit.SECONDS);
    }

    private static void acquire(Semaphore semaphore) throws InterruptedException {
        assertTrue(semaphore.tryAcquire(30, TimeUnit.SECONDS), "the step has run");
    }

    @Test
    void aStepThatFailsIsFollowedByTheNext() throws InterruptedException {
        Semaphore told = new Semaphore(0);
        StepLoop loop = new StepLoop(threadPool, () -> {
            throw new IllegalStateException("broken");
        }, e -> told.release());
        for (int i = 0; i < 3; i++) {
            loop.wake();
            acquire(told);
        }
    }

    @Test
    void whoeverWakesItDuringAStepGetsOneMore() throws InterruptedException {
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch open = new CountDownLatch(1);
        Semaphore begun = new Semaphore(0);
        Semaphore ended = new Semaphore(0);
        StepLoop loop = new StepLoop(threadPool, () -> {
            most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            begun.release();
            try {
                open.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            atOnce.decrementAndGet();
            ended.release();
        }, e -> {});
        loop.wake();
        acquire(begun);
        for (int i = 0; i < 100; i++) {
            loop.wake();
        }
        open.countDown();
        acquire(ended);
        acquire(ended);
        assertEquals(1, most.get());
        assertEquals(0, ended.availablePermits());
    }
}
