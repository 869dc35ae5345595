package org.opensearch.ccr.follower;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.store.AlreadyClosedException;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.replication.TransportWriteAction;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.core.BatchCodec;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.metadata.FollowerBlock;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.action.shard.ShardStateAction;
import org.opensearch.cluster.block.ClusterBlock;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.cluster.block.ClusterBlockLevel;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.index.IndexingPressureService;
import org.opensearch.index.engine.Engine;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.translog.Translog;
import org.opensearch.indices.IndicesService;
import org.opensearch.indices.SystemIndices;
import org.opensearch.tasks.Task;
import org.opensearch.telemetry.tracing.Tracer;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import java.io.IOException;
import java.util.Map;
import java.util.Set;

/**
 * The write path of a follower: like a bulk request to one shard, but sequence numbers and versions are the leader's.
 *
 * <p>A batch that fails half-way is sent again whole. That is safe: the engine skips what it has processed, and no operation
 * counts towards the global checkpoint before every in-sync copy has it.
 */
public final class TransportReplayCopiesAction extends TransportWriteAction<ReplayBatchRequest, ReplayBatchRequest, ReplayBatchResponse> {
    private static final Logger LOGGER = LogManager.getLogger(TransportReplayCopiesAction.class);

    private final BatchCodec codec;

    @Inject
    public TransportReplayCopiesAction(
        Settings settings,
        TransportService transportService,
        ClusterService clusterService,
        IndicesService indicesService,
        ThreadPool threadPool,
        ShardStateAction shardStateAction,
        ActionFilters actionFilters,
        IndexingPressureService indexingPressureService,
        SystemIndices systemIndices,
        Tracer tracer,
        NativeCore core
    ) {
        super(
            settings,
            CheckedReplication.onShard(ReplayBatchAction.NAME),
            transportService,
            clusterService,
            indicesService,
            threadPool,
            shardStateAction,
            actionFilters,
            ReplayBatchRequest::new,
            ReplayBatchRequest::new,
            shard -> FollowerSide.POOL,
            false,
            indexingPressureService,
            systemIndices,
            tracer
        );
        this.codec = core.codec();
    }

    /** For {@link TransportReplayBatchAction}, where the caller's permission was looked at. */
    void run(Task task, ReplayBatchRequest request, ActionListener<ReplayBatchResponse> listener) {
        doExecute(task, request, listener);
    }

    @Override
    protected ReplayBatchResponse newResponseInstance(StreamInput in) throws IOException {
        return new ReplayBatchResponse(in);
    }

    /** Our own block is no obstacle; every other is looked for on the primary, which knows the newest cluster state. */
    @Override
    public ClusterBlockLevel indexBlockLevel() {
        return null;
    }

    @Override
    protected long primaryOperationSize(ReplayBatchRequest request) {
        return request.size();
    }

    @Override
    protected long replicaOperationSize(ReplayBatchRequest request) {
        return request.size();
    }

    @Override
    protected void dispatchedShardOperationOnPrimary(
        ReplayBatchRequest request,
        IndexShard primary,
        ActionListener<PrimaryResult<ReplayBatchRequest, ReplayBatchResponse>> listener
    ) {
        ActionListener.completeWith(listener, () -> {
            checkBlocks(request.index());
            Translog.Location location = applyOnPrimary(request, primary);
            return new WritePrimaryResult<>(request, new ReplayBatchResponse(primary), location, null, primary, LOGGER);
        });
    }

    @Override
    protected void dispatchedShardOperationOnReplica(ReplayBatchRequest request, IndexShard replica, ActionListener<ReplicaResult> listener) {
        ActionListener.completeWith(
            listener,
            () -> new WriteReplicaResult<>(request, applyOnReplica(request, replica), null, replica, LOGGER)
        );
    }

    private void checkBlocks(String index) {
        Map<String, Set<ClusterBlock>> all = clusterService.state().blocks().indices();
        for (ClusterBlock block : all.getOrDefault(index, Set.of())) {
            if (block.contains(ClusterBlockLevel.WRITE) && block.id() != FollowerBlock.BLOCK.id()) {
                throw new ClusterBlockException(Map.of(index, Set.of(block)));
            }
        }
    }

    private Translog.Location applyOnPrimary(ReplayBatchRequest request, IndexShard primary) throws Exception {
        if (CcrSettings.isFollower(primary.indexSettings()) == false) {
            throw FollowerEngine.noFollower(request.index()); // an ordinary engine would write it under numbers of its own
        }
        // Before the first operation: the engine decides by it whether a document can be new.
        primary.advanceMaxSeqNoOfUpdatesOrDeletes(request.maxSeqNoOfUpdates());
        // What is persisted here already came with an earlier try; the replicas get the whole batch all the same.
        long done = primary.getLocalCheckpoint();
        OpsReader ops = new OpsReader(request.plain(codec), primary.getOperationPrimaryTerm());
        Translog.Location location = null;
        for (Translog.Operation op = ops.next(); op != null; op = ops.next()) {
            if (op.seqNo() <= done) {
                continue;
            }
            Engine.Result result = primary.applyTranslogOperation(op, Engine.Operation.Origin.PRIMARY);
            switch (result.getResultType()) {
                case SUCCESS -> location = result.getTranslogLocation() == null ? location : result.getTranslogLocation();
                case MAPPING_UPDATE_REQUIRED -> throw mappingBehind(primary, op, null);
                case FAILURE -> throw failure(primary, op, result.getFailure());
                default -> throw new IllegalStateException("unknown result [" + result.getResultType() + "]");
            }
        }
        return location;
    }

    private Translog.Location applyOnReplica(ReplayBatchRequest request, IndexShard replica) throws Exception {
        OpsReader ops = new OpsReader(request.plain(codec), replica.getOperationPrimaryTerm());
        Translog.Location location = null;
        for (Translog.Operation op = ops.next(); op != null; op = ops.next()) {
            Engine.Result result = FollowerReplicaEngine.apply(op, replica);
            switch (result.getResultType()) {
                case SUCCESS -> location = result.getTranslogLocation() == null ? location : result.getTranslogLocation();
                // The primary had the mapping, so the cluster state with it is on its way to this node.
                case MAPPING_UPDATE_REQUIRED -> throw new RetryOnReplicaException(
                    replica.shardId(),
                    "mapping for operation [" + op.seqNo() + "] is not yet available on this node"
                );
                case FAILURE -> throw result.getFailure();
                default -> throw new IllegalStateException("unknown result [" + result.getResultType() + "]");
            }
        }
        return location;
    }

    /** A document that was good on the leader and fails here most often meets a mapping that is behind the leader's. */
    private static Exception failure(IndexShard primary, Translog.Operation op, Exception failure) {
        if (failure instanceof AlreadyClosedException || failure instanceof IOException) {
            return failure;
        }
        ErrorClass carried = ErrorClassifier.classifyLocal(failure);
        if (carried == ErrorClass.ERROR_BLOCKED || carried == ErrorClass.ERROR_TRANSIENT || carried == ErrorClass.ERROR_OVERLOADED) {
            return failure;
        }
        return mappingBehind(primary, op, failure);
    }

    private static Exception mappingBehind(IndexShard primary, Translog.Operation op, Exception cause) {
        return ReplicationException.of(
            ErrorClass.ERROR_MAPPING,
            RestStatus.CONFLICT,
            "operation [" + op.seqNo() + "] does not fit the mapping of " + primary.shardId()
                + (cause == null ? "" : ": " + cause.getMessage()),
            cause
        );
    }
}
