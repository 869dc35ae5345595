package org.opensearch.ccr.action;

import org.opensearch.ccr.state.IndexFollowState;
import org.opensearch.ccr.state.IndexFollowState.Phase;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;

import java.util.Set;
import java.util.function.Predicate;

/** Whether an index task is in one of these phases, or has come and gone. */
final class TaskReached implements Predicate<PersistentTask<?>> {

    private final Set<Phase> phases;
    private volatile boolean seen;

    TaskReached(Set<Phase> phases) {
        this.phases = phases;
    }

    @Override
    public boolean test(PersistentTask<?> task) {
        if (task == null) {
            return seen;
        }
        seen = true;
        return phases.contains(task.getState() instanceof IndexFollowState state ? state.phase() : Phase.INIT);
    }
}
