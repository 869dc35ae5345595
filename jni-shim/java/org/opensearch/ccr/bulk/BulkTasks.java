package org.opensearch.ccr.bulk;

import java.util.LinkedHashMap;
import java.util.Map;

/** The bulk tasks of this node: those that run, and how the last ones ended. Thread-safe. */
public final class BulkTasks {

    private static final int ENDED_MAX = 64;

    private final Map<Long, BulkTask> running = new LinkedHashMap<>();
    private final Map<Long, BulkProgress> ended = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, BulkProgress> eldest) {
            return size() > ENDED_MAX;
        }
    };

    synchronized void add(BulkTask task) {
        running.put(task.getId(), task);
    }

    synchronized void end(BulkTask task) {
        running.remove(task.getId());
        ended.put(task.getId(), task.progress());
    }

    /** It has never begun. */
    synchronized void forget(BulkTask task) {
        running.remove(task.getId());
    }

    /** Null when it does not run here. */
    synchronized BulkTask running(long id) {
        return running.get(id);
    }

    /** Null when nothing is known of it. */
    synchronized BulkProgress progress(long id) {
        BulkTask task = running.get(id);
        return task == null ? ended.get(id) : task.getStatus();
    }
}
