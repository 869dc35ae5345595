package org.opensearch.ccr.settings;

import org.junit.jupiter.api.Test;
import org.opensearch.common.settings.Settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A node reads it once, when it starts: what is nonsense must not start, since 0 and less would mean something else to the core. */
final class MemoryLimitTests {

    private static final String KEY = "plugins.replication.follower.memory_limit";

    private static long bytes(String value) {
        return CcrSettings.MEMORY_LIMIT.get(Settings.builder().put(KEY, value).build()).getBytes();
    }

    @Test
    void bytesAndSharesOfTheHeap() {
        assertEquals(1 << 20, bytes("1mb"));
        assertEquals(Runtime.getRuntime().maxMemory() / 2.0, bytes("50%"), 64 << 20);
    }

    @Test
    void withoutItATenthOfTheHeapWithinBounds() {
        long found = CcrSettings.MEMORY_LIMIT.get(Settings.EMPTY).getBytes();
        assertTrue(found >= 32 << 20 && found <= 1 << 30, found + " bytes");
    }

    @Test
    void tooLittleIsRefused() {
        for (String value : new String[] { "0b", "-1", "1023kb", "0%" }) {
            String told = assertThrows(IllegalArgumentException.class, () -> bytes(value)).getMessage();
            assertEquals("failed to parse value [" + value + "] for setting [" + KEY + "], must be >= [1mb]", told);
        }
    }
}
