package org.opensearch.ccr.follower;

import org.junit.jupiter.api.Test;

import java.util.concurrent.atomic.AtomicLong;

import static org.junit.jupiter.api.Assertions.assertEquals;

class WallTimeTests {

    private final AtomicLong wall = new AtomicLong(1_000_000);
    private final AtomicLong monotonic = new AtomicLong(500);
    private final WallTime time = new WallTime(wall::get, monotonic::get);

    @Test
    void aMomentIsAlwaysToldTheSame() {
        assertEquals(1_000_000, time.epochMillis(500));
        for (int i = 0; i < 10; i++) {
            wall.incrementAndGet(); // one clock ticks before the other
            assertEquals(1_000_000, time.epochMillis(500));
            monotonic.incrementAndGet();
            assertEquals(1_000_000, time.epochMillis(500));
            assertEquals(1_000_001 + i, time.epochMillis(501 + i));
        }
    }

    @Test
    void whatIsToComeIsNow() {
        assertEquals(1_000_000, time.epochMillis(9_999));
    }

    @Test
    void aClockThatWasSetIsFollowed() {
        wall.addAndGet(3_600_000);
        assertEquals(4_600_000, time.epochMillis(500));
        wall.addAndGet(-7_200_000);
        assertEquals(-2_600_000, time.epochMillis(500));
    }
}
