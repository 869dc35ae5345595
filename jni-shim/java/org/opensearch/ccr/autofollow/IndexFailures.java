package org.opensearch.ccr.autofollow;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which leader indices of a rule are not followed although they should be, why, and when they are tried again. One thread at a time. */
final class IndexFailures {

    /** @param due on the clock of the retries; 0 when it waits for something else */
    private record Kept(Failure shown, long due, boolean started) {}

    private final RetryTimes times;
    private final Map<String, Kept> kept = new HashMap<>();

    IndexFailures(RetryTimes times) {
        this.times = times;
    }

    void clear() {
        kept.clear();
    }

    void remove(String leader) {
        kept.remove(leader);
    }

    /** Forgets everything about indices that are not there any more. */
    void retain(Set<String> leaders) {
        kept.keySet().retainAll(leaders);
    }

    /** Something stands in the way that shows when it goes: no attempt is counted and none is planned. */
    void conflict(Choice choice) {
        String leader = choice.leader().name();
        Kept old = kept.get(leader);
        if (old != null && old.shown.attempts() == 0 && old.shown.reason().equals(choice.reason())) {
            return;
        }
        long wall = System.currentTimeMillis();
        kept.put(leader, new Kept(new Failure(leader, choice.follower(), choice.reason(), 0, wall, wall, 0), 0, false));
    }

    void conflictGone(String leader) {
        Kept old = kept.get(leader);
        if (old != null && old.shown.attempts() == 0) {
            kept.remove(leader);
        }
    }

    /** @param passing whether it goes away by itself */
    void failed(Choice choice, String reason, boolean passing, long now) {
        String leader = choice.leader().name();
        Kept old = kept.get(leader);
        int attempts = old == null ? 1 : old.shown.attempts() + 1;
        long pause = times.index(attempts, passing);
        long wall = System.currentTimeMillis();
        long since = old == null ? wall : old.shown.sinceMillis();
        kept.put(leader, new Kept(new Failure(leader, choice.follower(), reason, attempts, since, wall, wall + pause), now + pause, false));
    }

    /** A start was accepted: whether the copy succeeds is not known yet, so the count of attempts stays. */
    void started(String leader) {
        kept.computeIfPresent(leader, (name, old) -> new Kept(old.shown, old.due, true));
    }

    /** Whether the last failure of an index is known here. */
    boolean told(String leader) {
        Kept old = kept.get(leader);
        return old != null && old.shown.attempts() > 0 && old.started == false;
    }

    /** When an index may be tried; 0 for at once. */
    long due(String leader) {
        Kept old = kept.get(leader);
        return old == null ? 0 : old.due;
    }

    /** By the leader's name. */
    List<Failure> all() {
        List<Failure> shown = new ArrayList<>();
        kept.values().forEach(one -> shown.add(one.shown));
        shown.sort(Comparator.comparing(Failure::leader));
        return shown;
    }
}
