package org.opensearch.ccr.leader;

import org.junit.jupiter.api.Test;
import org.opensearch.core.action.ActionListener;
import org.opensearch.transport.client.Client;

import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a leader says of its shards is not believed. */
class LeaderLeasesTests {

    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicReference<Object> outcome = new AtomicReference<>();

    /** A leader each of whose shards answers a probe with this number of shards. */
    private Client leader(int shards) {
        return (Client) Proxy.newProxyInstance(Client.class.getClassLoader(), new Class<?>[] { Client.class }, (proxy, method, arguments) -> {
            calls.incrementAndGet();
            @SuppressWarnings("unchecked")
            ActionListener<LeaderFilesResponse> listener = (ActionListener<LeaderFilesResponse>) arguments[2];
            listener.onResponse(LeaderFilesResponse.of(new LeaderShardInfo("uuid", shards, "history", 1, 0, Set.of())));
            return null;
        });
    }

    private void describe(int shards) {
        LeaderLeases.describe(leader(shards), "index", ActionListener.wrap(outcome::set, outcome::set));
    }

    @Test
    void everyShardIsAsked() {
        describe(3);
        assertEquals(Set.of(0, 1, 2), assertInstanceOf(Map.class, outcome.get()).keySet());
        assertEquals(3, calls.get());
    }

    @Test
    void anImpossibleNumberOfShardsIsRefusedBeforeMemoryIsTakenForIt() {
        for (int shards : new int[] { Integer.MAX_VALUE, 1025, 0, -1 }) {
            describe(shards);
            String text = assertInstanceOf(IllegalArgumentException.class, outcome.get()).getMessage();
            assertTrue(text.contains("index.number_of_shards"), text);
        }
        assertEquals(4, calls.get());
    }
}
