package org.opensearch.ccr.metadata;

import org.junit.jupiter.api.Test;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What is left out of changes of settings when some of them are refused, and what is not. */
class PartByPartTests {

    private final Set<String> taken = new TreeSet<>();
    private final List<Set<String>> attempts = new ArrayList<>();

    private static Settings changes(String... keys) {
        Settings.Builder changes = Settings.builder();
        for (String key : keys) {
            changes.put(key, "x");
        }
        return changes.build();
    }

    /** Takes changes that have no bad key and whose needed keys are there or come along. */
    private PartByPart.Attempt index(Set<String> bad, Map<String, String> needs) {
        return (changes, listener) -> {
            attempts.add(changes.keySet());
            Set<String> then = new TreeSet<>(taken);
            then.addAll(changes.keySet());
            for (String key : changes.keySet()) {
                if (bad.contains(key) || needs.containsKey(key) && then.contains(needs.get(key)) == false) {
                    listener.onFailure(new IllegalArgumentException(key + " cannot be"));
                    return;
                }
            }
            taken.addAll(changes.keySet());
            listener.onResponse(null);
        };
    }

    private static Map<String, String> make(Settings changes, PartByPart.Attempt attempt) {
        AtomicReference<Map<String, String>> refused = new AtomicReference<>();
        PartByPart.make(changes, attempt, e -> e instanceof IllegalArgumentException, ActionListener.wrap(refused::set, e -> {
            throw new AssertionError(e);
        }));
        return refused.get();
    }

    @Test
    void whatIsTakenTogetherIsAskedOnce() {
        assertEquals(Map.of(), make(changes("a", "b", "c"), index(Set.of(), Map.of())));
        assertEquals(1, attempts.size());
        assertEquals(Map.of(), make(Settings.EMPTY, index(Set.of(), Map.of())));
        assertEquals(1, attempts.size(), "and nothing is not asked");
    }

    @Test
    void oneThatIsRefusedIsLeftOutAlone() {
        assertEquals(Map.of("b", "b cannot be"), make(changes("a", "b", "c"), index(Set.of("b"), Map.of())));
        assertEquals(Set.of("a", "c"), taken);
    }

    @Test
    void whatNeedsAnotherComesAfterIt() {
        assertEquals(Map.of("z", "z cannot be"), make(changes("a", "b", "z"), index(Set.of("z"), Map.of("a", "b"))));
        assertEquals(Set.of("a", "b"), taken, "a was refused before b was there");
    }

    @Test
    void whatNeedsARefusedOneIsLeftOutWithIt() {
        Map<String, String> refused = make(changes("a", "b", "z"), index(Set.of("z"), Map.of("a", "z")));
        assertEquals(Map.of("a", "a cannot be", "z", "z cannot be"), refused);
        assertEquals(Set.of("b"), taken);
    }

    @Test
    void aComponentIsOnePart() {
        String filter = "index.analysis.filter.stop.";
        String analyzer = "index.analysis.analyzer.stop.";
        Settings changes = changes(filter + "type", filter + "stopwords_path", analyzer + "type", "index.similarity.s.type", "index.similarity.s.b");
        assertEquals(3, PartByPart.parts(changes).size());
        Map<String, String> refused = make(changes, index(Set.of(filter + "stopwords_path"), Map.of(analyzer + "type", filter + "type")));
        assertEquals(Set.of(filter + "type", filter + "stopwords_path", analyzer + "type"), refused.keySet());
        assertEquals(Set.of("index.similarity.s.type", "index.similarity.s.b"), taken);
    }

    @Test
    void removalsAreKept() {
        Settings part = PartByPart.parts(Settings.builder().putNull("index.refresh_interval").build()).get(0);
        assertTrue(part.keySet().contains("index.refresh_interval"));
        assertNull(part.get("index.refresh_interval"));
    }

    @Test
    void anotherFailureEndsItAll() {
        AtomicReference<Exception> failure = new AtomicReference<>();
        PartByPart.make(changes("a", "b"), (changes, listener) -> {
            attempts.add(changes.keySet());
            listener.onFailure(attempts.size() < 2 ? new IllegalArgumentException("no") : new IllegalStateException("away"));
        }, e -> e instanceof IllegalArgumentException, ActionListener.wrap(refused -> {
            throw new AssertionError(refused);
        }, failure::set));
        assertEquals("away", failure.get().getMessage());
        assertEquals(2, attempts.size());
    }
}
