package org.opensearch.ccr.autofollow;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The rules whose tasks run on this node. */
public final class RunningRules {

    private final Set<AutoFollowTask> tasks = ConcurrentHashMap.newKeySet();

    void add(AutoFollowTask task) {
        tasks.add(task);
    }

    void remove(AutoFollowTask task) {
        tasks.remove(task);
    }

    List<RuleProgress> progress() {
        return tasks.stream().map(AutoFollowTask::progress).toList();
    }
}
