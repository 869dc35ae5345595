package org.opensearch.ccr.index;

import org.opensearch.ccr.state.FollowTasks;
import org.opensearch.ccr.state.IndexFollowParams;
import org.opensearch.ccr.state.IndexFollowState;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.persistent.AllocatedPersistentTask;
import org.opensearch.persistent.PersistentTaskState;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;

import java.util.Map;

/** Makes the task of one followed index. */
public final class IndexFollowExecutor extends LeaderFacingExecutor<IndexFollowParams> {

    private final IndexFollowServices services;

    public IndexFollowExecutor(IndexFollowServices services) {
        super(FollowTasks.INDEX_TASK);
        this.services = services;
    }

    @Override
    protected AllocatedPersistentTask createTask(
        long id,
        String type,
        String action,
        TaskId parent,
        PersistentTask<IndexFollowParams> task,
        Map<String, String> headers
    ) {
        return new IndexFollowTask(id, type, action, parent, headers, task.getParams(), services);
    }

    @Override
    protected void nodeOperation(AllocatedPersistentTask task, IndexFollowParams params, PersistentTaskState state) {
        ((IndexFollowTask) task).begin(state instanceof IndexFollowState known ? known.phase() : IndexFollowState.Phase.INIT);
    }
}
