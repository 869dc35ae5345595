package org.opensearch.ccr.follower;

import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.replication.TransportReplicationAction;
import org.opensearch.ccr.metadata.FollowerBlock;
import org.opensearch.ccr.metadata.Unwrap;
import org.opensearch.cluster.action.shard.ShardStateAction;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.lease.Releasable;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.index.engine.Engine;
import org.opensearch.index.seqno.SeqNoStats;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.shard.ShardNotFoundException;
import org.opensearch.index.translog.Translog;
import org.opensearch.indices.IndicesService;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings the replicas what the primary alone has, then fills the gaps under all permits of the primary, so that no write comes
 * between looking and filling. Not before: a no-op above operations that a replica lacks would let it take those for lost.
 */
public final class TransportPromoteCopiesAction extends TransportReplicationAction<
    PromoteShardRequest,
    PromoteShardRequest,
    PromoteShardResponse> {
    private static final String REASON = "filling gaps after the end of replication";

    private final ReplicaSync replicas;

    @Inject
    public TransportPromoteCopiesAction(
        Settings settings,
        TransportService transportService,
        ClusterService clusterService,
        IndicesService indicesService,
        ThreadPool threadPool,
        ShardStateAction shardStateAction,
        ActionFilters actionFilters,
        ReplicaSync replicas
    ) {
        super(
            settings,
            CheckedReplication.onShard(PromoteShardAction.NAME),
            transportService,
            clusterService,
            indicesService,
            threadPool,
            shardStateAction,
            actionFilters,
            PromoteShardRequest::new,
            PromoteShardRequest::new,
            ThreadPool.Names.GENERIC,
            true,
            true
        );
        this.replicas = replicas;
    }

    /** For {@link TransportPromoteShardAction}, where the caller's permission was looked at. */
    void run(Task task, PromoteShardRequest request, ActionListener<PromoteShardResponse> listener) {
        doExecute(task, request, listener);
    }

    @Override
    protected PromoteShardResponse newResponseInstance(StreamInput in) throws IOException {
        return new PromoteShardResponse(in);
    }

    @Override
    protected void acquirePrimaryOperationPermit(IndexShard primary, PromoteShardRequest request, ActionListener<Releasable> onAcquired) {
        replicas.run(
            primary,
            ActionListener.wrap(
                synced -> primary.acquireAllPrimaryOperationsPermits(onAcquired, request.timeout()),
                e -> onAcquired.onFailure(Unwrap.cause(e)) // so that a primary that moves is looked for again
            )
        );
    }

    @Override
    protected void shardOperationOnPrimary(
        PromoteShardRequest request,
        IndexShard primary,
        ActionListener<PrimaryResult<PromoteShardRequest, PromoteShardResponse>> listener
    ) {
        ActionListener.completeWith(listener, () -> {
            if (FollowerBlock.isFollower(primary.indexSettings().getIndexMetadata())) {
                // The cluster state that ends the role is on its way to this node: tried again with the next one.
                throw new ShardNotFoundException(primary.shardId(), "[{}] still follows a leader", primary.shardId());
            }
            primary.sync(); // what is processed is persisted now
            SeqNoStats before = primary.seqNoStats();
            List<PromoteShardRequest.Gap> gaps = gaps(primary);
            fill(primary, gaps, Engine.Operation.Origin.PRIMARY);
            PromoteShardRequest forReplicas = new PromoteShardRequest(primary.shardId(), gaps);
            forReplicas.setParentTask(request.getParentTask());
            long filled = gaps.stream().mapToLong(gap -> gap.last() - gap.first() + 1).sum();
            return new PrimaryResult<>(
                forReplicas,
                new PromoteShardResponse(before.getLocalCheckpoint(), before.getMaxSeqNo(), filled)
            );
        });
    }

    @Override
    protected void shardOperationOnReplica(PromoteShardRequest request, IndexShard replica, ActionListener<ReplicaResult> listener) {
        ActionListener.completeWith(listener, () -> {
            fill(replica, request.gaps(), Engine.Operation.Origin.REPLICA);
            return new ReplicaResult();
        });
    }

    /** Sequence numbers above the local checkpoint that no operation of the shard has. */
    private static List<PromoteShardRequest.Gap> gaps(IndexShard primary) throws IOException {
        long from = primary.getLocalCheckpoint() + 1;
        SeqNoStats stats = primary.seqNoStats();
        List<PromoteShardRequest.Gap> gaps = new ArrayList<>();
        if (from > stats.getMaxSeqNo()) {
            return gaps;
        }
        long next = from;
        try (Translog.Snapshot present = primary.newChangesSnapshot("replication_promote", from, stats.getMaxSeqNo(), false, false)) {
            for (Translog.Operation op = present.next(); op != null; op = present.next()) {
                if (op.seqNo() > next) {
                    gaps.add(new PromoteShardRequest.Gap(next, op.seqNo() - 1));
                }
                next = Math.max(next, op.seqNo() + 1);
            }
        }
        if (next <= stats.getMaxSeqNo()) {
            gaps.add(new PromoteShardRequest.Gap(next, stats.getMaxSeqNo()));
        }
        return gaps;
    }

    private static void fill(IndexShard shard, List<PromoteShardRequest.Gap> gaps, Engine.Operation.Origin origin) throws IOException {
        if (gaps.isEmpty()) {
            return;
        }
        long term = shard.getOperationPrimaryTerm();
        for (PromoteShardRequest.Gap gap : gaps) {
            for (long seqNo = gap.first(); seqNo <= gap.last(); seqNo++) {
                shard.applyTranslogOperation(new Translog.NoOp(seqNo, term, REASON), origin);
            }
        }
        shard.sync();
    }
}
