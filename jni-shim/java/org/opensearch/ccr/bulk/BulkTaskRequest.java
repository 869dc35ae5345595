package org.opensearch.ccr.bulk;

import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.tasks.TaskId;

import java.io.IOException;

/** About one bulk task. */
public final class BulkTaskRequest extends ActionRequest {

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
