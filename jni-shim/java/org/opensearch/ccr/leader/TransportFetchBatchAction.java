package org.opensearch.ccr.leader;

import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.single.shard.TransportSingleShardAction;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.routing.IndexShardRoutingTable;
import org.opensearch.cluster.routing.PlainShardIterator;
import org.opensearch.cluster.routing.ShardRouting;
import org.opensearch.cluster.routing.ShardsIterator;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.Randomness;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.indices.IndicesService;
import org.opensearch.indices.replication.common.ReplicationType;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Finds a copy of the leader shard and lets it answer; when one cannot, the next is asked. A poll goes to the primary first,
 * which learns of a new global checkpoint before the others do. Reads of what is there already go to any copy.
 */
public final class TransportFetchBatchAction extends TransportSingleShardAction<FetchBatchRequest, FetchBatchResponse> {

    private final IndicesService indicesService;
    private final LeaderShards leaderShards;

    @Inject
    public TransportFetchBatchAction(
        ThreadPool threadPool,
        ClusterService clusterService,
        TransportService transportService,
        ActionFilters filters,
        IndexNameExpressionResolver resolver,
        IndicesService indicesService,
        LeaderShards leaderShards
    ) {
        super(
            FetchBatchAction.NAME,
            threadPool,
            clusterService,
            transportService,
            filters,
            resolver,
            FetchBatchRequest::new,
            LeaderSide.POOL
        );
        this.indicesService = indicesService;
        this.leaderShards = leaderShards;
    }

    @Override
    protected void asyncShardOperation(FetchBatchRequest request, ShardId shardId, ActionListener<FetchBatchResponse> listener) {
        leaderShards.read(
            indicesService.indexServiceSafe(request.leaderShard().getIndex()).getShard(request.leaderShard().id()),
            request.read(),
            listener
        );
    }

    @Override
    protected FetchBatchResponse shardOperation(FetchBatchRequest request, ShardId shardId) {
        throw new UnsupportedOperationException("a read is answered asynchronously");
    }

    @Override
    protected ShardsIterator shards(ClusterState state, InternalRequest request) {
        ShardId shardId = request.request().leaderShard();
        IndexShardRoutingTable table = state.routingTable().shardRoutingTable(shardId);
        boolean primaryFirst = request.request().read().getWaitMs() > 0;
        boolean primaryOnly = primaryHoldsAll(state.metadata().getIndexSafe(shardId.getIndex()));
        String here = state.nodes().getLocalNodeId();
        List<ShardRouting> copies = new ArrayList<>();
        for (ShardRouting copy : table.activeShards()) {
            if (copy.primary() || primaryOnly == false && copy.isSearchOnly() == false) {
                copies.add(copy);
            }
        }
        Collections.shuffle(copies, Randomness.get());
        copies.sort((a, b) -> Integer.compare(rank(a, primaryFirst, here), rank(b, primaryFirst, here)));
        return new PlainShardIterator(shardId, copies);
    }

    /** The lower, the sooner asked. A copy on this node saves a hop between the leader's nodes. */
    private static int rank(ShardRouting copy, boolean primaryFirst, String here) {
        if (primaryFirst && copy.primary()) {
            return 0;
        }
        return here.equals(copy.currentNodeId()) ? 1 : 2;
    }

    /** Copies that get segments instead of operations cannot be relied on for history. */
    private static boolean primaryHoldsAll(IndexMetadata metadata) {
        return IndexMetadata.INDEX_REMOTE_STORE_ENABLED_SETTING.get(metadata.getSettings())
            || IndexMetadata.INDEX_REPLICATION_TYPE_SETTING.get(metadata.getSettings()) == ReplicationType.SEGMENT;
    }

    @Override
    protected boolean resolveIndex(FetchBatchRequest request) {
        return true; // refuses a closed index with its own exception
    }

    @Override
    protected Writeable.Reader<FetchBatchResponse> getResponseReader() {
        return FetchBatchResponse::new;
    }
}
