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

    private final RoleClients clients;

    public PromoteShards(RoleClients clients) {
        this.clients = clients;
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
            ShardId shard = new ShardId(index.getIndex(), number);
            PromoteShardRequest request = new PromoteShardRequest(shard);
            request.timeout(PATIENCE);
            clients.plugin().execute(PromoteShardAction.INSTANCE, request, ActionListener.wrap(done -> {
                answers.put(shard.id(), done);
                all.onResponse(null);
            }, e -> {
                logger.warn(new ParameterizedMessage("{} becomes an ordinary shard when it is opened next", shard), e);
                all.onResponse(null);
            }));
        }
    }
}
