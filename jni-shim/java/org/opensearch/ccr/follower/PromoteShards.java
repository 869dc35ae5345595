package org.opensearch.ccr.follower;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.message.ParameterizedMessage;
import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.action.support.TransportActions;
import org.opensearch.action.support.replication.ReplicationResponse;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.core.index.shard.ShardId;

/** Promotes every shard of an index that has stopped following. */
public final class PromoteShards {
    private static final Logger LOGGER = LogManager.getLogger(PromoteShards.class);
    private static final TimeValue TIMEOUT = TimeValue.timeValueSeconds(10);

    private final ClusterService clusterService;
    private final RoleClients clients;

    public PromoteShards(ClusterService clusterService, RoleClients clients) {
        this.clusterService = clusterService;
        this.clients = clients;
    }

    /**
     * Call it when the setting that makes the index a follower is gone from the cluster state. A shard whose primary is not
     * active is passed over: an ordinary primary fills its gaps when it is opened.
     */
    public void promote(Index index, ActionListener<Void> listener) {
        IndexMetadata metadata = clusterService.state().metadata().index(index);
        if (metadata == null) {
            listener.onResponse(null);
            return;
        }
        int shards = metadata.getNumberOfShards();
        GroupedActionListener<ReplicationResponse> all = new GroupedActionListener<>(ActionListener.map(listener, done -> null), shards);
        for (int shard = 0; shard < shards; shard++) {
            promote(new ShardId(index, shard), all);
        }
    }

    private void promote(ShardId shard, ActionListener<ReplicationResponse> listener) {
        PromoteShardRequest request = new PromoteShardRequest(shard);
        request.timeout(TIMEOUT);
        clients.plugin().execute(PromoteShardAction.INSTANCE, request, ActionListener.wrap(listener::onResponse, e -> {
            if (TransportActions.isShardNotAvailableException(e)) {
                LOGGER.info(new ParameterizedMessage("{} is not available; it completes itself when it is opened", shard), e);
                listener.onResponse(new ReplicationResponse());
            } else {
                listener.onFailure(e);
            }
        }));
    }
}
