package org.opensearch.ccr.follower;

import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.routing.IndexRoutingTable;
import org.opensearch.cluster.routing.IndexShardRoutingTable;
import org.opensearch.cluster.routing.ShardRouting;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.persistent.AllocatedPersistentTask;
import org.opensearch.persistent.PersistentTaskState;
import org.opensearch.persistent.PersistentTasksCustomMetadata.Assignment;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;
import org.opensearch.persistent.PersistentTasksExecutor;

import java.util.Map;

/** Runs each shard task on the node that holds the active primary of its follower shard. */
public final class ShardFollowExecutor extends PersistentTasksExecutor<ShardFollowParams> {
    private final FollowerContext context;

    ShardFollowExecutor(FollowerContext context) {
        super(ShardFollowParams.NAME, FollowerSide.POOL);
        this.context = context;
    }

    @Override
    public Assignment getAssignment(ShardFollowParams params, ClusterState state) {
        IndexRoutingTable index = state.routingTable().index(params.followerShard().getIndex());
        IndexShardRoutingTable shard = index == null ? null : index.shard(params.followerShard().id());
        ShardRouting primary = shard == null ? null : shard.primaryShard();
        if (primary == null || primary.active() == false) {
            return new Assignment(null, "the primary of " + params.followerShard() + " is not active");
        }
        return new Assignment(primary.currentNodeId(), "the primary of " + params.followerShard() + " is there");
    }

    @Override
    protected AllocatedPersistentTask createTask(
        long id,
        String type,
        String action,
        TaskId parent,
        PersistentTask<ShardFollowParams> task,
        Map<String, String> headers
    ) {
        return new ShardFollowTask(id, type, action, getDescription(task), parent, headers);
    }

    @Override
    protected String getDescription(PersistentTask<ShardFollowParams> task) {
        return task.getParams().description();
    }

    @Override
    protected void nodeOperation(AllocatedPersistentTask task, ShardFollowParams params, PersistentTaskState state) {
        ((ShardFollowTask) task).start(context, params, state instanceof ShardFollowState saved ? saved : null);
    }
}
