package org.opensearch.ccr.index;

import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.action.admin.cluster.node.tasks.list.ListTasksRequest;
import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.ccr.follower.ShardFollowParams;
import org.opensearch.ccr.metadata.Unwrap;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.state.FollowTasks;
import org.opensearch.ccr.state.IndexFollowParams;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.persistent.PersistentTasksCustomMetadata;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;
import org.opensearch.persistent.PersistentTasksService;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/** Starts shard tasks; finds, awaits and ends the persistent tasks of replications. Every call is idempotent. */
public final class FollowTaskService {

    /** Parent of a persistent task's local task: the cluster state in place of a node. */
    private static final String CLUSTER = "cluster";
    /** A shard task drains within the time of one apply; the bound is for a node that hangs. */
    private static final TimeValue DRAIN_TIMEOUT = TimeValue.timeValueSeconds(30);

    private final PersistentTasksService tasks;
    private final RoleClients clients;
    private final ClusterService clusterService;

    public FollowTaskService(Client client, RoleClients clients, ClusterService clusterService, ThreadPool threadPool) {
        this.tasks = new PersistentTasksService(clusterService, threadPool, client);
        this.clients = clients;
        this.clusterService = clusterService;
    }

    /** Succeeds, too, when the shard has a task. */
    void startShard(ShardFollowParams params, ActionListener<Void> listener) {
        String id = ShardFollowParams.taskId(params.followerShard());
        tasks.sendStartRequest(id, ShardFollowParams.NAME, params, ActionListener.wrap(task -> listener.onResponse(null), e -> {
            if (Unwrap.cause(e) instanceof ResourceAlreadyExistsException) {
                listener.onResponse(null);
            } else {
                listener.onFailure(e);
            }
        }));
    }

    /** The tasks of a follower's shards. */
    static Collection<PersistentTask<?>> shardTasks(ClusterState state, String follower) {
        PersistentTasksCustomMetadata all = PersistentTasksCustomMetadata.getPersistentTasksCustomMetadata(state);
        if (all == null) {
            return List.of();
        }
        return all.findTasks(
            ShardFollowParams.NAME,
            task -> task.getParams() instanceof ShardFollowParams params && params.followerShard().getIndexName().equals(follower)
        );
    }

    /** Whether any task of this follower is left, of whatever kind. */
    public static boolean anyTask(ClusterState state, String follower) {
        return FollowTasks.indexTask(state, follower) != null || shardTasks(state, follower).isEmpty() == false;
    }

    /** Ends the tasks of a follower's shards; completes when nothing of them is in flight any more. */
    public void endShards(String follower, ActionListener<Void> listener) {
        end(new ArrayList<>(shardTasks(clusterService.state(), follower)), listener);
    }

    /**
     * Waits for the index task, which ends itself when its replication is not wanted any more, and ends those of the shards;
     * completes when nothing of them is in flight any more.
     */
    public void endAll(String follower, ActionListener<Void> listener) {
        PersistentTask<?> index = FollowTasks.indexTask(clusterService.state(), follower);
        if (index == null) {
            endShards(follower, listener);
            return;
        }
        ActionListener<Void> shards = ActionListener.wrap(ended -> endShards(follower, listener), listener::onFailure);
        if (index.isAssigned() == false) {
            end(List.of(index), shards);
            return;
        }
        await(
            follower,
            task -> task == null || task.getAllocationId() != index.getAllocationId(),
            DRAIN_TIMEOUT,
            ActionListener.wrap(
                task -> end(task == null ? List.of() : List.of(task), shards),
                e -> end(List.of(index), shards) // its node hangs, or nobody tells it any more
            )
        );
    }

    /** Completes once the condition holds; fails with {@link IllegalStateException} when it does not within the timeout. */
    public void await(
        String follower,
        Predicate<PersistentTask<?>> condition,
        TimeValue timeout,
        ActionListener<PersistentTask<?>> listener
    ) {
        tasks.waitForPersistentTaskCondition(
            FollowTasks.indexTaskId(follower),
            condition,
            timeout,
            new PersistentTasksService.WaitForPersistentTaskListener<IndexFollowParams>() {
                @Override
                public void onResponse(PersistentTask<IndexFollowParams> task) {
                    listener.onResponse(task);
                }

                @Override
                public void onFailure(Exception e) {
                    listener.onFailure(e);
                }
            }
        );
    }

    private void end(List<PersistentTask<?>> ending, ActionListener<Void> listener) {
        if (ending.isEmpty()) {
            listener.onResponse(null);
            return;
        }
        GroupedActionListener<Void> all = new GroupedActionListener<>(ActionListener.map(listener, done -> null), ending.size());
        for (PersistentTask<?> task : ending) {
            tasks.sendRemoveRequest(task.getId(), ActionListener.wrap(removed -> drain(task, all), e -> {
                if (Unwrap.cause(e) instanceof ResourceNotFoundException) {
                    drain(task, all);
                } else {
                    all.onFailure(e);
                }
            }));
        }
    }

    /** The task's entry in the cluster state is gone, which cancels the local task; that one ends when its last work has. */
    private void drain(PersistentTask<?> task, ActionListener<Void> listener) {
        ListTasksRequest request = new ListTasksRequest();
        request.setParentTaskId(new TaskId(CLUSTER, task.getAllocationId()));
        request.setWaitForCompletion(true);
        request.setTimeout(DRAIN_TIMEOUT);
        clients.plugin().admin().cluster().listTasks(request, ActionListener.wrap(drained -> {
            if (drained.getTaskFailures().isEmpty() && drained.getNodeFailures().isEmpty()) {
                listener.onResponse(null);
            } else {
                drained.rethrowFailures("replication task " + task.getId());
            }
        }, listener::onFailure));
    }
}
