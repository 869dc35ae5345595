package org.opensearch.ccr.autofollow;

import org.opensearch.ccr.index.LeaderFacingExecutor;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.persistent.AllocatedPersistentTask;
import org.opensearch.persistent.PersistentTaskState;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;

import java.util.Map;

/** Makes the task of one rule. */
final class AutoFollowExecutor extends LeaderFacingExecutor<AutoFollowParams> {

    private final AutoFollowServices services;

    AutoFollowExecutor(AutoFollowServices services) {
        super(AutoFollowParams.NAME);
        this.services = services;
    }

    @Override
    protected AllocatedPersistentTask createTask(
        long id,
        String type,
        String action,
        TaskId parent,
        PersistentTask<AutoFollowParams> task,
        Map<String, String> headers
    ) {
        return new AutoFollowTask(id, type, action, parent, headers, task.getParams(), services);
    }

    @Override
    protected void nodeOperation(AllocatedPersistentTask task, AutoFollowParams params, PersistentTaskState state) {
        ((AutoFollowTask) task).begin();
    }
}
