package org.opensearch.ccr.action;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.message.ParameterizedMessage;
import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.ccr.follower.PromoteShardAction;
import org.opensearch.ccr.follower.PromoteShardRequest;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.shard.ShardId;

/** Turns the shards of an index that has just been released into ordinary ones, without closing them. */
public final class PromoteShards {

    private static final Logger logger = LogManager.getLogger(PromoteShards.class);
    private static final TimeValue PATIENCE = TimeValue.timeValueSeconds(10);

    private final RoleClients clients;

    public PromoteShards(RoleClients clients) {
        this.clients = clients;
    }

    /** Never fails: a primary that is not there now becomes an ordinary one when it is opened. */
    void promote(IndexMetadata index, ActionListener<Void> listener) {
        int shards = index.getNumberOfShards();
        GroupedActionListener<Void> all = new GroupedActionListener<>(ActionListener.map(listener, done -> null), shards);
        for (int number = 0; number < shards; number++) {
            ShardId shard = new ShardId(index.getIndex(), number);
            PromoteShardRequest request = new PromoteShardRequest(shard);
            request.timeout(PATIENCE);
            clients.plugin().execute(PromoteShardAction.INSTANCE, request, ActionListener.wrap(done -> all.onResponse(null), e -> {
                logger.warn(new ParameterizedMessage("{} becomes an ordinary shard when it is opened next", shard), e);
                all.onResponse(null);
            }));
        }
    }
}
