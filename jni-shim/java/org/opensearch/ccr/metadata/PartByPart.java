package org.opensearch.ccr.metadata;

import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Makes as many of some changes of settings as an index takes: all at once, and when that is refused one part after the other.
 * A part is what has no meaning without the rest of it: the settings of one analyzer, of one token filter, or one other key.
 * Parts that need each other are tried again as long as one more of them is taken.
 */
final class PartByPart {

    /** Names of settings such as {@code index.analysis.filter.NAME.type}: how many dots come before the one that ends the part. */
    private static final Map<String, Integer> COMPONENTS = Map.of("index.analysis.", 3, "index.similarity.", 2);

    /** Takes the changes as a whole or fails with the reason. */
    interface Attempt {
        void make(Settings changes, ActionListener<Void> listener);
    }

    private final Attempt attempt;
    private final Predicate<Exception> refusal;
    private final ActionListener<Map<String, String>> listener;
    private final Map<String, String> refused = new TreeMap<>();

    private PartByPart(Attempt attempt, Predicate<Exception> refusal, ActionListener<Map<String, String>> listener) {
        this.attempt = attempt;
        this.refusal = refusal;
        this.listener = listener;
    }

    /**
     * Answers the keys that were refused, each with the reason; none when all changes are made. Fails when an attempt fails and
     * that is no refusal of its changes: then some of them may be made already, and all may be tried again.
     *
     * @param refusal whether a failure says that these changes are not taken
     */
    static void make(
        Settings changes,
        Attempt attempt,
        Predicate<Exception> refusal,
        ActionListener<Map<String, String>> listener
    ) {
        if (changes.isEmpty()) {
            listener.onResponse(Map.of());
            return;
        }
        new PartByPart(attempt, refusal, listener).together(parts(changes));
    }

    /** By component, in the order of their names. */
    static List<Settings> parts(Settings changes) {
        Map<String, Settings.Builder> parts = new TreeMap<>();
        for (String key : changes.keySet()) {
            Settings.Builder part = parts.computeIfAbsent(partOf(key), name -> Settings.builder());
            if (changes.hasValue(key)) {
                part.copy(key, changes);
            } else {
                part.putNull(key);
            }
        }
        return parts.values().stream().map(Settings.Builder::build).toList();
    }

    private static String partOf(String key) {
        for (Map.Entry<String, Integer> component : COMPONENTS.entrySet()) {
            if (key.startsWith(component.getKey())) {
                int end = -1;
                for (int dots = 0; dots <= component.getValue(); dots++) {
                    end = key.indexOf('.', end + 1);
                    if (end < 0) {
                        return key;
                    }
                }
                return key.substring(0, end);
            }
        }
        return key;
    }

    private void together(List<Settings> parts) {
        Settings.Builder all = Settings.builder();
        parts.forEach(all::put);
        attempt(all.build(), e -> {
            refused.clear();
            if (e == null) {
                listener.onResponse(Map.of());
            } else if (refusal.test(e) == false) {
                listener.onFailure(e);
            } else if (parts.size() == 1) {
                refuse(parts.get(0), e);
                listener.onResponse(refused);
            } else {
                apart(parts, 0, new ArrayList<>());
            }
        });
    }

    private void apart(List<Settings> parts, int next, List<Settings> left) {
        if (next < parts.size()) {
            Settings part = parts.get(next);
            attempt(part, e -> {
                if (e != null && refusal.test(e) == false) {
                    listener.onFailure(e);
                    return;
                }
                if (e != null) {
                    refuse(part, e);
                    left.add(part);
                }
                apart(parts, next + 1, left);
            });
        } else if (left.isEmpty() || left.size() == parts.size()) {
            listener.onResponse(refused);
        } else {
            together(left);
        }
    }

    /** @param outcome gets null when the changes are made */
    private void attempt(Settings changes, Consumer<Exception> outcome) {
        ActionListener<Void> made = ActionListener.notifyOnce(new ActionListener<>() {
            @Override
            public void onResponse(Void done) {
                outcome.accept(null);
            }

            @Override
            public void onFailure(Exception e) {
                outcome.accept(e);
            }
        });
        try {
            attempt.make(changes, made);
        } catch (Exception e) {
            made.onFailure(e);
        }
    }

    private void refuse(Settings part, Exception e) {
        Exception cause = Unwrap.cause(e);
        part.keySet().forEach(key -> refused.put(key, cause.getMessage() == null ? cause.toString() : cause.getMessage()));
    }
}
