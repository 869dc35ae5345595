package org.opensearch.ccr.bulk;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.tasks.TaskId;

import java.io.IOException;

/** About one bulk task. Its {@code timeout} is how long the task's node may take; no cluster manager is asked. */
public final class BulkTaskRequest extends AcknowledgedRequest<BulkTaskRequest> {

    private final TaskId task;

    /** @throws IllegalArgumentException when the text is no {@code <node>:<number>} */
    public BulkTaskRequest(String id) {
        try {
            task = new TaskId(id);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Invalid task_id format", e);
        }
        if (task.isSet() == false) {
            throw new IllegalArgumentException("Invalid task_id format");
        }
    }

    BulkTaskRequest(StreamInput in) throws IOException {
        super(in);
        task = TaskId.readFromStream(in);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        task.writeTo(out);
    }

    @Override
    public ActionRequestValidationException validate() {
        return null;
    }

    TaskId task() {
        return task;
    }
}
