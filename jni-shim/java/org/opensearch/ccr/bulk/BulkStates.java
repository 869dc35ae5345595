package org.opensearch.ccr.bulk;

import org.opensearch.ccr.metadata.MetadataPart;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.tasks.Task;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The bulk task that runs, or the last one that ran, in the cluster state: written when it begins and when it ends. Its
 * progress in between is known to its node alone. It is neither kept over a restart nor put into snapshots.
 */
public final class BulkStates extends MetadataPart {

    public static final String TYPE = "bulk_replication_task";

    private final TaskId task;
    /** Of the task's node: another one under the same id has been restarted and knows nothing of the task. */
    private final String ephemeralNode;
    private final BulkProgress progress;

    BulkStates(TaskId task, String ephemeralNode, BulkProgress progress) {
        super(TYPE, SHOWN);
        this.task = task;
        this.ephemeralNode = ephemeralNode;
        this.progress = progress;
    }

    public BulkStates(StreamInput in) throws IOException {
        this(TaskId.readFromStream(in), in.readString(), new BulkProgress(in));
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        task.writeTo(out);
        out.writeString(ephemeralNode);
        progress.writeTo(out);
    }

    /** For {@code Plugin.getNamedWriteables}. */
    public static List<NamedWriteableRegistry.Entry> namedWriteables() {
        List<NamedWriteableRegistry.Entry> all = new ArrayList<>(readers(TYPE, BulkStates::new));
        all.add(new NamedWriteableRegistry.Entry(Task.Status.class, BulkProgress.NAME, BulkProgress::new));
        return all;
    }

    /** Null when there was no bulk task since the cluster has started. */
    static BulkStates of(ClusterState state) {
        return state.metadata().custom(TYPE);
    }

    TaskId task() {
        return task;
    }

    BulkProgress progress() {
        return progress;
    }

    /** Whether the task is at work at this moment. */
    boolean runs(ClusterState state) {
        return progress.pending() > 0 && nodeLives(state);
    }

    /** Whether the node that the task is on has been there ever since. */
    boolean nodeLives(ClusterState state) {
        DiscoveryNode node = state.nodes().get(task.getNodeId());
        return node != null && node.getEphemeralId().equals(ephemeralNode);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.field("task_id", task.toString());
        progress.fields(builder);
        return builder;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BulkStates states && task.equals(states.task) && progress.equals(states.progress);
    }

    @Override
    public int hashCode() {
        return task.hashCode();
    }
}
