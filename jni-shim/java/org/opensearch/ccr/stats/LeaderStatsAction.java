package org.opensearch.ccr.stats;

import org.opensearch.action.ActionType;
import org.opensearch.ccr.common.EveryNode;
import org.opensearch.ccr.common.NodesTransport;
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

    public static final class Transport extends NodesTransport<EveryNode, LeaderCounts, LeaderStatsResponse> {

        private final LeaderShards shards;

        @Inject
        public Transport(Services services, LeaderShards shards) {
            super(NAME, services, EveryNode::new, LeaderCounts::new, LeaderStatsResponse::new);
            this.shards = shards;
        }

        @Override
        protected List<LeaderCounts> partsOf(EveryNode request) {
            return shards.followed().stream().map(LeaderCounts::of).toList();
        }
    }
}
