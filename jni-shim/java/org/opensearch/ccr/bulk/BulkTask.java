package org.opensearch.ccr.bulk;

import org.opensearch.core.tasks.TaskId;
import org.opensearch.tasks.CancellableTask;
import org.opensearch.tasks.TaskAwareRequest;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One verb on many indices: counts what has become of them. Thread-safe. */
final class BulkTask extends CancellableTask {

    private final BulkVerb verb;
    private final String pattern;
    private final long startMillis = System.currentTimeMillis();
    // guarded by this
    private int success;
    private int failed;
    private int pending;
    private int cancelled;
    private final List<BulkProgress.Failure> failures = new ArrayList<>();
    private BulkProgress beforeTheEnd;

    private BulkTask(long id, String type, String action, String description, TaskId parent, Map<String, String> headers, Work work) {
        super(id, type, action, description, parent, headers);
        this.verb = work.verb;
        this.pattern = work.pattern;
    }

    /** What the task manager makes such a task of. */
    record Work(BulkVerb verb, String pattern) implements TaskAwareRequest {
        @Override
        public void setParentTask(TaskId parent) {}

        @Override
        public TaskId getParentTask() {
            return TaskId.EMPTY_TASK_ID;
        }

        @Override
        public String getDescription() {
            return verb.operationType() + " [" + pattern + "]";
        }

        @Override
        public BulkTask createTask(long id, String type, String action, TaskId parent, Map<String, String> headers) {
            return new BulkTask(id, type, action, getDescription(), parent, headers, this);
        }
    }

    synchronized void expect(int indices) {
        pending += indices;
    }

    synchronized void succeeded() {
        settle(1);
        success++;
    }

    synchronized void failed(String index, String reason) {
        settle(1);
        failed++;
        if (failures.size() < BulkProgress.FAILURES_MAX) {
            failures.add(new BulkProgress.Failure(index, reason));
        }
    }

    synchronized void leftOut(int indices) {
        settle(indices);
        cancelled += indices;
    }

    private void settle(int indices) {
        if (indices > 0 && indices == pending) {
            beforeTheEnd = progress();
        }
        pending -= indices;
    }

    /**
     * As {@link #progress()}, but as long as the task runs something is pending: whoever sees its end may begin another one, and
     * that the cluster allows when it knows of the end.
     */
    @Override
    public synchronized BulkProgress getStatus() {
        return beforeTheEnd == null ? progress() : beforeTheEnd;
    }

    synchronized BulkProgress progress() {
        return new BulkProgress(verb.operationType(), pattern, startMillis, success, failed, pending, cancelled, failures);
    }

    @Override
    public boolean shouldCancelChildrenOnCancellation() {
        return false; // an index that has been begun is brought to its end
    }
}
