package org.opensearch.ccr.verify;

import org.opensearch.core.tasks.TaskId;
import org.opensearch.tasks.CancellableTask;
import org.opensearch.tasks.Task;

import java.util.List;
import java.util.Map;

/** A comparison that runs; cancelling it makes it answer what it has found, and where to go on. */
public final class VerifyTask extends CancellableTask {

    private volatile IndexComparison comparison;

    public VerifyTask(long id, String type, String action, String description, TaskId parent, Map<String, String> headers) {
        super(id, type, action, description, parent, headers);
    }

    /** Begins it, or ends it at once when the task was cancelled meanwhile. */
    public void run(IndexComparison begun) {
        comparison = begun;
        begun.start();
        if (isCancelled()) {
            begun.stop();
        }
    }

    @Override
    protected void onCancelled() {
        IndexComparison running = comparison;
        if (running != null) {
            running.stop();
        }
    }

    @Override
    public boolean shouldCancelChildrenOnCancellation() {
        return false; // a question to a shard is over in a moment
    }

    @Override
    public Task.Status getStatus() {
        IndexComparison running = comparison;
        return new VerifyStatus(running == null ? List.of() : running.progress());
    }
}
