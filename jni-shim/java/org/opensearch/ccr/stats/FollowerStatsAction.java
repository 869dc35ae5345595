package org.opensearch.ccr.stats;

import org.opensearch.action.ActionType;
import org.opensearch.ccr.common.EveryNode;
import org.opensearch.ccr.common.NodesTransport;
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

    public static final class Transport extends NodesTransport<EveryNode, FollowerCounts, FollowerStatsResponse> {

        private final ShardFollowTasks tasks;

        @Inject
        public Transport(Services services, ShardFollowTasks tasks) {
            super(
                NAME,
                services,
                EveryNode::new,
                FollowerCounts::new,
                (name, nodes, failures) -> new FollowerStatsResponse(name, nodes, failures, FollowerTotals.of(services.cluster().state()))
            );
            this.tasks = tasks;
        }

        @Override
        protected List<FollowerCounts> partsOf(EveryNode request) {
            return tasks.all().stream().map(FollowerCounts::of).toList();
        }
    }
}
