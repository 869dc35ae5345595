package org.opensearch.ccr.follower;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.message.ParameterizedMessage;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.proto.CoreProto.FollowerState;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ClusterStateListener;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.routing.IndexShardRoutingTable;
import org.opensearch.cluster.routing.ShardRouting;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.shard.IndexShardState;
import org.opensearch.persistent.AllocatedPersistentTask;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;

import java.util.Map;

/**
 * Follows one shard for as long as its primary is on this node. Waits for the shard to be started, pumps, begins anew when the
 * shard was closed and opened again, and completes itself when the primary is active elsewhere: the index task starts another
 * task there.
 */
final class ShardFollowTask extends AllocatedPersistentTask implements ClusterStateListener, ShardPump.Owner {
    private static final Logger LOGGER = LogManager.getLogger(ShardFollowTask.class);
    private static final TimeValue RETRY = TimeValue.timeValueSeconds(1);

    private FollowerContext context;
    private ShardFollowParams params;
    private ShardFollowState state;
    private ShardPump pump; // null while the shard is not ready, and after the end
    private boolean ended; // following came to an end that only the index task can change
    private boolean finished;
    private boolean looksAgain;
    private long settingsVersion;

    ShardFollowTask(long id, String type, String action, String description, TaskId parent, Map<String, String> headers) {
        super(id, type, action, description, parent, headers);
    }

    /** @param saved the state of an earlier allocation, null for none */
    void start(FollowerContext with, ShardFollowParams what, ShardFollowState saved) {
        synchronized (this) {
            context = with;
            params = what;
            state = ShardFollowState.FOLLOWING;
            if (saved != null && saved.phase() != ShardFollowState.Phase.FOLLOWING) {
                save(state); // no state at all means FOLLOWING, too: one cluster-state update less for each shard
            }
        }
        context.clusterService().addListener(this);
        reconcile(context.clusterService().state());
    }

    @Override
    public void clusterChanged(ClusterChangedEvent event) {
        if (event.routingTableChanged() || event.metadataChanged()) {
            reconcile(event.state());
        }
    }

    @Override
    protected void onCancelled() {
        synchronized (this) {
            if (context == null) {
                return; // start() looks for it
            }
            if (pump != null && ended == false) {
                pump.stop();
                return;
            }
        }
        finish(); // a pump that has come to its end would never say so again
    }

    private void reconcile(ClusterState cluster) {
        boolean finish;
        synchronized (this) {
            if (finished || ended) {
                return;
            }
            boolean done = isCancelled() && pump == null || act(cluster);
            finish = done || isCancelled() && pump == null; // the pump that was to tell of its end may have lost its shard
        }
        if (finish) {
            finish();
        }
    }

    /** Compares what is with what should be; true when there is nothing left to do here. */
    private boolean act(ClusterState cluster) {
        IndexMetadata index = cluster.metadata().index(params.followerShard().getIndex());
        IndexShard shard = context.shards().get(params.followerShard());
        if (pump != null && pump.shard() != shard) {
            pump.abort();
            context.tasks().remove(params.followerShard(), pump);
            pump = null;
        }
        ShardRouting primary = primary(cluster);
        boolean closed = index != null && index.getState() == IndexMetadata.State.CLOSE;
        if (closed && pump != null) {
            pump.abort(); // for a moment, to take settings over: the shard that comes back is another one
            context.tasks().remove(params.followerShard(), pump);
            pump = null;
        }
        boolean elsewhere = index == null
            || primary != null && primary.active() && cluster.nodes().getLocalNodeId().equals(primary.currentNodeId()) == false;
        if (elsewhere) {
            if (pump != null) {
                pump.stop();
                return false;
            }
            return true;
        }
        if (pump == null) {
            boolean here = closed == false && shard != null && primary != null && primary.active();
            if (here && ready(shard, primary)) {
                begin(shard, index);
            } else if (here) {
                lookAgain(); // a promoted replica becomes a primary only after the operations under way, and no change of the state tells
            }
        } else if (index.getSettingsVersion() != settingsVersion) {
            settingsVersion = index.getSettingsVersion();
            pump.configure();
        }
        return false;
    }

    private static boolean ready(IndexShard shard, ShardRouting primary) {
        return shard.state() == IndexShardState.STARTED && shard.isPrimaryMode() && shard.routingEntry().isSameAllocation(primary);
    }

    private void begin(IndexShard shard, IndexMetadata index) {
        try {
            settingsVersion = index.getSettingsVersion();
            pump = new ShardPump(
                context,
                params,
                shard,
                LeaderOrigin.of(index).historyUuid(params.followerShard().id()),
                this
            );
            pump.start();
            context.tasks().add(params.followerShard(), pump);
            syncReplicas(shard);
        } catch (RuntimeException e) {
            if (pump != null) {
                pump.abort();
                pump = null;
            }
            ErrorClass cls = ErrorClassifier.classifyLocal(e);
            LOGGER.warn(new ParameterizedMessage("cannot begin to follow {}: {}", params.followerShard(), cls), e);
            if (cls == ErrorClass.ERROR_FATAL) {
                ended = true;
                save(ShardFollowState.failed(cls, ShardPump.PumpFailure.of(cls, e).text()));
            } else {
                lookAgain();
            }
        }
    }

    /** After a while; one look at a time is due. */
    private void lookAgain() {
        if (looksAgain) {
            return;
        }
        looksAgain = true;
        context.threadPool().scheduleUnlessShuttingDown(RETRY, FollowerSide.POOL, () -> {
            synchronized (this) {
                looksAgain = false;
            }
            reconcile(context.clusterService().state());
        });
    }

    /** This pump begins after what the primary has: what an earlier one left on the primary alone comes no more with a batch. */
    private void syncReplicas(IndexShard shard) {
        if (ReplicaSync.isNeeded(shard) == false) {
            return;
        }
        context.clients()
            .plugin()
            .execute(ReplicaSyncAction.INSTANCE, new ReplicaSyncAction.Request(params.followerShard()), ActionListener.wrap(synced -> {}, e -> {
                LOGGER.debug(new ParameterizedMessage("replicas of {} are not level with it yet", params.followerShard()), e);
                context.threadPool().scheduleUnlessShuttingDown(RETRY, FollowerSide.POOL, () -> syncReplicasAgain(shard));
            }));
    }

    private synchronized void syncReplicasAgain(IndexShard shard) {
        if (pump != null && pump.shard() == shard) {
            syncReplicas(shard);
        }
    }

    private ShardRouting primary(ClusterState cluster) {
        IndexShardRoutingTable table = cluster.routingTable().hasIndex(params.followerShard().getIndex())
            ? cluster.routingTable().index(params.followerShard().getIndex()).shard(params.followerShard().id())
            : null;
        return table == null ? null : table.primaryShard();
    }

    @Override
    public void done(ShardPump which, FollowerState how, ErrorClass error, String reason) {
        synchronized (this) {
            if (which != pump && isCancelled() == false) {
                return; // its shard was closed at that moment: what comes next begins anew
            }
            if (how != FollowerState.STATE_STOPPED && isCancelled() == false) {
                ended = true;
                save(ShardFollowState.failed(error, reason));
                return; // the pump stays registered: its status tells why
            }
        }
        finish();
    }

    private void finish() {
        synchronized (this) {
            if (finished) {
                return;
            }
            finished = true;
            if (pump != null) {
                context.tasks().remove(params.followerShard(), pump);
                pump = null;
            }
        }
        context.clusterService().removeListener(this);
        markAsCompleted();
    }

    /** Writes a transition to the cluster state; tries again until it is there or is not true any more. */
    private void save(ShardFollowState wanted) {
        state = wanted;
        updatePersistentTaskState(wanted, ActionListener.wrap((PersistentTask<?> task) -> {}, e -> {
            if (e instanceof ResourceNotFoundException) {
                return; // the task was removed meanwhile
            }
            LOGGER.debug("state of " + params.followerShard() + " is not saved yet", e);
            context.threadPool().scheduleUnlessShuttingDown(RETRY, FollowerSide.POOL, () -> saveAgain(wanted));
        }));
    }

    private synchronized void saveAgain(ShardFollowState wanted) {
        if (finished == false && state == wanted) {
            save(wanted);
        }
    }
}
