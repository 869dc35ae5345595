package org.opensearch.ccr.action;

import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.leader.LeaderShardInfo;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.metadata.ShardMark;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.threadpool.ThreadPool;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is known of the shards of a replication that does not run: what was noted when it ceased to, brought up to date by the
 * leader when that answers within {@link #PATIENCE} and is still the one that was copied.
 */
final class RememberedShards {

    private static final TimeValue PATIENCE = TimeValue.timeValueSeconds(3);

    private final FollowerServices services;

    RememberedShards(FollowerServices services) {
        this.services = services;
    }

    /** Never fails. */
    void of(ClusterState state, String follower, ActionListener<List<ShardMark>> listener) {
        ReplicationStates.Entry entry = ReplicationStates.of(state).get(follower);
        IndexMetadata index = state.metadata().index(follower);
        List<ShardMark> noted = entry == null ? List.of() : entry.marks();
        if (index == null) {
            listener.onResponse(noted);
            return;
        }
        services.store().get(follower, ActionListener.wrap(record -> {
            if (record.isEmpty()) {
                listener.onResponse(noted);
            } else {
                ask(record.get(), ActionListener.wrap(
                    answers -> listener.onResponse(merged(noted, answers, LeaderOrigin.of(index))),
                    e -> listener.onResponse(noted)
                ));
            }
        }, e -> listener.onResponse(noted)));
    }

    private void ask(FollowRecord record, ActionListener<Map<Integer, LeaderShardInfo>> listener) {
        ActionListener<Map<Integer, LeaderShardInfo>> timed = ListenerTimeouts.wrapWithTimeout(
            services.threadPool(),
            listener,
            PATIENCE,
            ThreadPool.Names.GENERIC,
            "look at the leader of " + record.follower()
        );
        try {
            LeaderLeases.describe(services.clients().leader(record.alias(), record.roles()), record.leader(), timed);
        } catch (RuntimeException e) {
            timed.onFailure(e);
        }
    }

    private static List<ShardMark> merged(List<ShardMark> noted, Map<Integer, LeaderShardInfo> answers, LeaderOrigin origin) {
        Map<Integer, ShardMark> marks = new HashMap<>();
        noted.forEach(mark -> marks.put(mark.shard(), mark));
        answers.forEach((shard, info) -> {
            boolean same = info.indexUuid().equals(origin.indexUuid()) && info.historyUuid().equals(origin.historyUuid(shard));
            if (same) {
                marks.merge(shard, new ShardMark(shard, info.maxSeqNo(), 0, 0, 0, 0, 0), (had, now) -> had.reaching(now.leaderSeqNo()));
            }
        });
        return List.copyOf(marks.values());
    }
}
