package org.opensearch.ccr.stats;

import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.ccr.leader.LeaderShards;
import org.opensearch.common.inject.Inject;

import java.util.List;

/** {@code leader_stats}: what followers read from this cluster. */
public final class LeaderStatsAction extends ActionType<LeaderStatsResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/stats";
    public static final LeaderStatsAction INSTANCE = new LeaderStatsAction();

    private LeaderStatsAction() {
        super(NAME, LeaderStatsResponse::new);
    }

    public static final class Transport extends CountsTransport<LeaderCounts, LeaderStatsResponse> {

        private final LeaderShards shards;

        @Inject
        public Transport(Services services, LeaderShards shards) {
            super(NAME, services, LeaderCounts::new);
            this.shards = shards;
        }

        @Override
        protected List<LeaderCounts> count() {
            return shards.followed().stream().map(LeaderCounts::of).toList();
        }

        @Override
        protected LeaderStatsResponse answer(List<NodeCounts<LeaderCounts>> nodes, List<FailedNodeException> failures) {
            return new LeaderStatsResponse(clusterService.getClusterName(), nodes, failures);
        }
    }
}
