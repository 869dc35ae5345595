package org.opensearch.ccr.leader;

import org.junit.jupiter.api.Test;
import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;
import org.opensearch.core.index.shard.ShardId;

import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

/** Followers that leave polls behind by the thousand: those beyond the limits are told so, and a seat that is free is given again. */
class PollSeatsTests {

    private static ShardId shard(int number) {
        return new ShardId("index", "uuid", number);
    }

    private static void refused(String text, OpenSearchRejectedExecutionException refusal) {
        assertNotNull(refusal);
        assertEquals(text, refusal.getMessage());
    }

    @Test
    void aNodeHasSoManyWhateverShardTheyAreFor() {
        PollSeats seats = new PollSeats(20_000, 256);
        for (int poll = 0; poll < 20_000; poll++) {
            assertNull(seats.take(shard(poll % 100)));
        }
        for (int poll = 0; poll < 10_000; poll++) {
            refused("[20000] polls of followers wait on this node", seats.take(shard(poll % 200)));
        }
        assertEquals(20_000, seats.taken());
        seats.give(shard(7));
        assertNull(seats.take(shard(1)));
        refused("[20000] polls of followers wait on this node", seats.take(shard(1)));
    }

    @Test
    void aShardHasSoManyAndLeavesTheRestToOthers() {
        PollSeats seats = new PollSeats(1000, 256);
        for (int poll = 0; poll < 256; poll++) {
            assertNull(seats.take(shard(0)));
        }
        for (int poll = 0; poll < 2000; poll++) {
            refused("[256] polls of followers wait on this shard", seats.take(shard(0)));
        }
        assertEquals(256, seats.taken());
        assertNull(seats.take(shard(1)));
        seats.give(shard(0));
        assertNull(seats.take(shard(0)));
        refused("[256] polls of followers wait on this shard", seats.take(shard(0)));
    }

    @Test
    void noMoreThanThatWhenAllAskAtATime() {
        PollSeats seats = new PollSeats(500, 100);
        long seated = IntStream.range(0, 100_000).parallel().filter(poll -> seats.take(shard(poll % 10)) == null).count();
        assertEquals(seats.taken(), seated);
        for (int number = 0; number < 10; number++) {
            while (seated > 0 && seats.take(shard(number)) == null) {
                seated++; // one was refused while another refused one had not given its seat back
            }
        }
        assertEquals(500, seats.taken());
    }
}
