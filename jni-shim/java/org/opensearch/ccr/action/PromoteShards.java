package org.opensearch.ccr.action;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.message.ParameterizedMessage;
import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.ccr.follower.PromoteShardAction;
import org.opensearch.ccr.follower.PromoteShardRequest;
import org.opensearch.ccr.follower.PromoteShardResponse;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.routing.IndexRoutingTable;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.shard.ShardId;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Turns the shards of an index that has just been released into ordinary ones, without closing them. */
public final class PromoteShards {

    private static final Logger logger = LogManager.getLogger(PromoteShards.class);
    private static final TimeValue PATIENCE = TimeValue.timeValueSeconds(10);
    /** What fails although the primary is there, as when that moves just then, is tried so often. */
    private static final int TRIES = 3;

    private final RoleClients clients;
    private final ClusterService cluster;

    public PromoteShards(RoleClients clients, ClusterService cluster) {
        this.clients = clients;
        this.cluster = cluster;
    }

    /**
     * Never fails: a primary that is not there now becomes an ordinary one when it is opened. Answers what the others had, by
     * number of the shard.
     */
    void promote(IndexMetadata index, ActionListener<Map<Integer, PromoteShardResponse>> listener) {
        int shards = index.getNumberOfShards();
        Map<Integer, PromoteShardResponse> answers = new ConcurrentHashMap<>();
        GroupedActionListener<Void> all = new GroupedActionListener<>(ActionListener.map(listener, done -> new TreeMap<>(answers)), shards);
        for (int number = 0; number < shards; number++) {
            promote(new ShardId(index.getIndex(), number), TRIES, answers, all);
        }
    }

    private void promote(ShardId shard, int tries, Map<Integer, PromoteShardResponse> answers, ActionListener<Void> listener) {
        PromoteShardRequest request = new PromoteShardRequest(shard);
        request.timeout(PATIENCE);
        clients.plugin().execute(PromoteShardAction.INSTANCE, request, ActionListener.wrap(done -> {
            answers.put(shard.id(), done);
            listener.onResponse(null);
        }, e -> {
            if (tries > 1 && hasPrimary(shard)) {
                promote(shard, tries - 1, answers, listener);
                return;
            }
            logger.warn(new ParameterizedMessage("{} becomes an ordinary shard when it is opened next", shard), e);
            listener.onResponse(null);
        }));
    }

    private boolean hasPrimary(ShardId shard) {
        IndexRoutingTable table = cluster.state().routingTable().index(shard.getIndex());
        return table != null && table.shard(shard.id()) != null && table.shard(shard.id()).primaryShard().active();
    }
}
