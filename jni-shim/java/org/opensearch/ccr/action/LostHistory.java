package org.opensearch.ccr.action;

import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.ccr.index.HalfMade;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.leader.LeaderShardInfo;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.threadpool.ThreadPool;

import java.util.Map;

/** Whether a paused replication can go on where it is, or only by copying the index again. Changes nothing on the leader. */
public final class LostHistory {

    private final ClusterService clusterService;
    private final ThreadPool threadPool;
    private final RoleClients clients;
    private final ReplicationStore store;
    private final LeaderLeases leases;

    public LostHistory(
        ClusterService clusterService,
        ThreadPool threadPool,
        RoleClients clients,
        ReplicationStore store,
        LeaderLeases leases
    ) {
        this.clusterService = clusterService;
        this.threadPool = threadPool;
        this.clients = clients;
        this.store = store;
        this.leases = leases;
    }

    /** What a resume is refused with. */
    public static String text(String follower) {
        return "Retention lease doesn't exist. Replication can't be resumed for " + follower
            + ". Use force_resume=true to restore from snapshot.";
    }

    /** Asks the leader. Answers false for what only a resume can find out: it is not paused, its leader does not answer in time. */
    public void of(String follower, TimeValue patience, ActionListener<Boolean> listener) {
        ActionListener<Boolean> timed = ListenerTimeouts.wrapWithTimeout(
            threadPool,
            ActionListener.wrap(listener::onResponse, e -> listener.onResponse(false)),
            patience,
            ThreadPool.Names.GENERIC,
            "look at the leases of " + follower
        );
        ClusterState state = clusterService.state();
        IndexMetadata index = state.metadata().index(follower);
        if (index == null || HalfMade.is(state, follower)) {
            timed.onResponse(false); // it is copied anew in any case
            return;
        }
        store.get(follower, ActionListener.wrap(found -> {
            FollowRecord record = found.orElseThrow(() -> Replicated.notInProgress(follower));
            LeaderLeases.describe(
                clients.leader(record.alias(), record.roles()),
                record.leader(),
                ActionListener.map(timed, shards -> isLost(state, index, shards))
            );
        }, timed::onFailure));
    }

    /** Whether the leader cannot continue what was copied: another index, another history, or nothing kept for us. */
    boolean isLost(ClusterState state, IndexMetadata follower, Map<Integer, LeaderShardInfo> shards) {
        String name = follower.getIndex().getName();
        ReplicationStates.Entry entry = ReplicationStates.of(state).get(name);
        ErrorClass cause = entry == null ? ErrorClass.ERROR_NONE : entry.cause();
        if (cause == ErrorClass.ERROR_HISTORY_GONE || cause == ErrorClass.ERROR_HISTORY_CHANGED) {
            return true;
        }
        LeaderOrigin origin = LeaderOrigin.of(follower);
        for (Map.Entry<Integer, LeaderShardInfo> shard : shards.entrySet()) {
            LeaderShardInfo info = shard.getValue();
            String history = origin.historyUuid(shard.getKey());
            boolean anotherIndex = origin.indexUuid() != null && origin.indexUuid().equals(info.indexUuid()) == false;
            boolean anotherHistory = history.isEmpty() == false && history.equals(info.historyUuid()) == false;
            if (anotherIndex || anotherHistory || info.leases().contains(leases.id(name, shard.getKey())) == false) {
                return true;
            }
        }
        return false;
    }
}
