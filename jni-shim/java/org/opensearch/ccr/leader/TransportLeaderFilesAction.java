package org.opensearch.ccr.leader;

import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.single.shard.TransportSingleShardAction;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.digest.ShardDigests;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.routing.ShardRouting;
import org.opensearch.cluster.routing.PlainShardIterator;
import org.opensearch.cluster.routing.ShardsIterator;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.common.unit.ByteSizeUnit;
import org.opensearch.core.index.Index;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.index.IndexNotFoundException;
import org.opensearch.index.seqno.RetentionLease;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.indices.IndicesService;
import org.opensearch.monitor.jvm.JvmInfo;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

/** Answers {@link LeaderFilesRequest} on the node of the leader's primary, on a small pool of its own. */
public final class TransportLeaderFilesAction extends TransportSingleShardAction<LeaderFilesRequest, LeaderFilesResponse> {

    /** Longest range of one answer, bytes: small on a small heap, since several are on their way at a time. */
    private static final long CHUNK_MAX = Math.clamp(
        JvmInfo.jvmInfo().getMem().getHeapMax().getBytes() / 256,
        ByteSizeUnit.MB.toBytes(1),
        ByteSizeUnit.MB.toBytes(32)
    );

    private final IndicesService indicesService;
    private final FileSessions sessions;
    private final NativeCore core;

    @Inject
    public TransportLeaderFilesAction(
        ThreadPool threadPool,
        ClusterService clusterService,
        TransportService transportService,
        ActionFilters filters,
        IndexNameExpressionResolver resolver,
        IndicesService indicesService,
        FileSessions sessions,
        NativeCore core
    ) {
        super(
            LeaderFilesAction.NAME,
            threadPool,
            clusterService,
            transportService,
            filters,
            resolver,
            LeaderFilesRequest::new,
            LeaderSide.FILES_POOL
        );
        this.indicesService = indicesService;
        this.sessions = sessions;
        this.core = core;
    }

    @Override
    protected LeaderFilesResponse shardOperation(LeaderFilesRequest request, ShardId shardId) throws IOException {
        switch (request.kind()) {
            case PROBE:
                return LeaderFilesResponse.of(describe(shard(shardId)));
            case OPEN:
                return LeaderFilesResponse.of(sessions.open(request.session(), shard(shardId)));
            case CHUNK:
                return LeaderFilesResponse.of(chunk(request, shardId));
            case RELEASE:
                sessions.release(request.session(), shardId);
                return LeaderFilesResponse.RELEASED;
            case DIGEST:
                return LeaderFilesResponse.of(ShardDigests.answer(shard(shardId), request.digest(), core));
            default:
                throw new IllegalArgumentException("unknown kind of request [" + request.kind() + "]");
        }
    }

    private BytesReference chunk(LeaderFilesRequest request, ShardId shardId) throws IOException {
        LeaderFilesRequest.Range range = request.range();
        FileSession session = sessions.acquire(request.session(), shardId);
        BytesReference plain;
        try {
            plain = session.read(range.file(), range.offset(), (int) Math.min(range.length(), CHUNK_MAX));
        } finally {
            session.decRef();
        }
        return core.codec().packChunk(range.codec(), range.level(), plain);
    }

    private static LeaderShardInfo describe(IndexShard shard) {
        return new LeaderShardInfo(
            shard.shardId().getIndex().getUUID(),
            shard.indexSettings().getNumberOfShards(),
            shard.getHistoryUUID(),
            Math.max(0, shard.storeStats().sizeInBytes()),
            shard.seqNoStats().getMaxSeqNo(),
            shard.getRetentionLeases().leases().stream().map(RetentionLease::id).collect(Collectors.toUnmodifiableSet())
        );
    }

    private IndexShard shard(ShardId shardId) {
        return indicesService.indexServiceSafe(shardId.getIndex()).getShard(shardId.id());
    }

    @Override
    protected ShardsIterator shards(ClusterState state, InternalRequest request) {
        Index index = state.metadata().index(request.concreteIndex()).getIndex();
        String wanted = request.request().indexUuid();
        if (wanted != null && wanted.equals(index.getUUID()) == false) {
            throw new IndexNotFoundException(new Index(index.getName(), wanted));
        }
        ShardId shardId = new ShardId(index, request.request().shard());
        ShardRouting primary = state.routingTable().shardRoutingTable(shardId).primaryShard();
        return new PlainShardIterator(shardId, primary.active() ? List.of(primary) : List.of());
    }

    @Override
    protected boolean resolveIndex(LeaderFilesRequest request) {
        return true;
    }

    @Override
    protected Writeable.Reader<LeaderFilesResponse> getResponseReader() {
        return LeaderFilesResponse::new;
    }

    /** A release is only a look into a map and must not be refused while the pool is full. */
    @Override
    protected String getExecutor(LeaderFilesRequest request, ShardId shardId) {
        return request.kind() == LeaderFilesRequest.Kind.RELEASE ? ThreadPool.Names.GENERIC : LeaderSide.FILES_POOL;
    }
}
