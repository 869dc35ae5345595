package org.opensearch.ccr.stats;

import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.ccr.follower.ShardFollowTasks;
import org.opensearch.common.inject.Inject;

import java.util.List;

/** {@code follower_stats}: what this cluster follows. */
public final class FollowerStatsAction extends ActionType<FollowerStatsResponse> {

    public static final String NAME = "indices:admin/plugins/replication/follower/stats";
    public static final FollowerStatsAction INSTANCE = new FollowerStatsAction();

    private FollowerStatsAction() {
        super(NAME, FollowerStatsResponse::new);
    }

    public static final class Transport extends CountsTransport<FollowerCounts, FollowerStatsResponse> {

        private final ShardFollowTasks tasks;

        @Inject
        public Transport(Services services, ShardFollowTasks tasks) {
            super(NAME, services, FollowerCounts::new);
            this.tasks = tasks;
        }

        @Override
        protected List<FollowerCounts> count() {
            return tasks.all().stream().map(FollowerCounts::of).toList();
        }

        @Override
        protected FollowerStatsResponse answer(List<NodeCounts<FollowerCounts>> nodes, List<FailedNodeException> failures) {
            return new FollowerStatsResponse(clusterService.getClusterName(), nodes, failures, FollowerTotals.of(clusterService.state()));
        }
    }
}
