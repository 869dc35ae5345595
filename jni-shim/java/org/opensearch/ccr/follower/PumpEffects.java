package org.opensearch.ccr.follower;

import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.leader.FetchBatchAction;
import org.opensearch.ccr.leader.FetchBatchRequest;
import org.opensearch.ccr.link.SilentLeaderException;
import org.opensearch.ccr.metadata.LeaderVersions;
import org.opensearch.ccr.proto.CoreProto.BatchSummary;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.proto.CoreProto.EventKind;
import org.opensearch.ccr.proto.CoreProto.FollowerEffect;
import org.opensearch.ccr.proto.CoreProto.FollowerEvent;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.index.shard.IndexShard;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Does what the state machine says, with OpenSearch's own calls, and offers the outcome to the pump as an event. All of it is
 * asynchronous. Called from the pump's loop only.
 */
final class PumpEffects {
    /** @param frame the leader's, when it is self-contained and the follower has replicas; else null */
    private record Batch(BytesReference plain, BytesReference frame) {}

    private final FollowerContext context;
    private final ShardFollowParams params;
    private final IndexShard shard;
    private final ShardPump pump;
    private final Map<Long, Batch> batches = new HashMap<>();
    private final AtomicLong writeNanos = new AtomicLong();
    private final AtomicLong throttledWrites = new AtomicLong();

    PumpEffects(FollowerContext context, ShardFollowParams params, IndexShard shard, ShardPump pump) {
        this.context = context;
        this.params = params;
        this.shard = shard;
        this.pump = pump;
    }

    /** Keeps the bytes of a batch until it is applied or dropped. The state machine counts them in its budget. */
    void keep(long id, BatchSummary summary, BytesReference plain, BytesReference frame) {
        boolean forReplicas = summary.getPrefixBytes() == 0 && shard.indexSettings().getNumberOfReplicas() > 0;
        batches.put(id, new Batch(plain, forReplicas ? frame : null));
    }

    /** Forgets everything. */
    void clear() {
        batches.clear();
    }

    /** Time spent applying, milliseconds. */
    long writeMillis() {
        return TimeUnit.NANOSECONDS.toMillis(writeNanos.get());
    }

    /** Applies that failed because a node was overloaded. */
    long throttledWrites() {
        return throttledWrites.get();
    }

    void execute(FollowerEffect effect) {
        switch (effect.getKind()) {
            case EFFECT_FETCH -> fetch(effect);
            case EFFECT_APPLY -> apply(effect);
            case EFFECT_DROP -> batches.remove(effect.getId());
            case EFFECT_SYNC_METADATA -> syncMetadata(effect);
            case EFFECT_RENEW_LEASE -> renewLease(effect);
            default -> throw new IllegalStateException("unknown effect [" + effect.getKind() + "]");
        }
    }

    private void fetch(FollowerEffect effect) {
        long id = effect.getId();
        askLeader(ShardPump.event(EventKind.EVENT_FETCH_FAILED).setId(id), failed -> {
            FetchBatchRequest request = new FetchBatchRequest(params.leaderShard(), effect.getRequest());
            context.clients()
                .leader(params.leaderAlias(), params.roles())
                .execute(
                    FetchBatchAction.INSTANCE,
                    request,
                    ActionListener.wrap(
                        answer -> pump.offer(ShardPump.event(EventKind.EVENT_FETCHED).setId(id), answer.frame()),
                        failed::accept
                    )
                );
        });
    }

    private void apply(FollowerEffect effect) {
        long id = effect.getId();
        Batch batch = batches.get(id);
        if (batch == null) {
            throw new IllegalStateException("batch [" + id + "] is to be applied and is not here");
        }
        long begun = System.nanoTime();
        attempt(e -> {
            writeNanos.addAndGet(System.nanoTime() - begun);
            ErrorClass cls = ErrorClassifier.classifyLocal(e);
            if (cls == ErrorClass.ERROR_OVERLOADED) {
                throttledWrites.incrementAndGet();
            }
            pump.offerFailure(ShardPump.event(EventKind.EVENT_APPLY_FAILED).setId(id), cls, e);
        }, failed -> {
            Exception full = context.disk().refusal(shard.shardPath().getDataPath());
            if (full != null) {
                failed.accept(full);
                return;
            }
            ReplayBatchRequest request = new ReplayBatchRequest(
                params.followerShard(),
                effect.getFirstSeqNo(),
                effect.getLastSeqNo(),
                effect.getMaxSeqNoOfUpdates(),
                batch.plain,
                batch.frame,
                context.core().codec()
            );
            context.clients().follower(params.roles()).execute(ReplayBatchAction.INSTANCE, request, ActionListener.wrap(answer -> {
                writeNanos.addAndGet(System.nanoTime() - begun);
                pump.offer(ShardPump.event(EventKind.EVENT_APPLIED).setId(id).setCheckpoint(answer.globalCheckpoint()));
            }, failed::accept));
        });
    }

    /** The bytes of an applied batch: the state machine names no DROP for them. */
    void applied(long id) {
        batches.remove(id);
    }

    private void syncMetadata(FollowerEffect effect) {
        attempt(e -> pump.offerFailure(ShardPump.event(EventKind.EVENT_METADATA_FAILED), ErrorClassifier.classifyLocal(e), e), failed -> {
            String index = params.followerShard().getIndexName();
            LeaderVersions wanted = new LeaderVersions(
                effect.getMappingVersion(),
                effect.getSettingsVersion(),
                effect.getAliasesVersion()
            );
            ActionListener<LeaderVersions> synced = ActionListener.wrap(
                versions -> pump.offer(
                    ShardPump.event(EventKind.EVENT_METADATA_SYNCED)
                        .setMappingVersion(versions.mapping())
                        .setSettingsVersion(versions.settings())
                        .setAliasesVersion(versions.aliases())
                ),
                failed::accept
            );
            if (effect.getLookAgain()) {
                context.metadata().lookAgain(index, wanted, synced);
            } else {
                context.metadata().sync(index, wanted, synced);
            }
        });
    }

    private void renewLease(FollowerEffect effect) {
        askLeader(ShardPump.event(EventKind.EVENT_LEASE_FAILED), failed -> {
            context.leases()
                .renew(
                    context.clients().pluginOnLeader(params.leaderAlias()),
                    params.leaderShard(),
                    params.followerShard(),
                    effect.getRetainingSeqNo(),
                    ActionListener.wrap(ok -> pump.offer(ShardPump.event(EventKind.EVENT_LEASE_RENEWED)), failed::accept)
                );
        });
    }

    /** A call to the leader; a failure becomes the given event. */
    private void askLeader(FollowerEvent.Builder failure, Consumer<Consumer<Exception>> call) {
        attempt(
            e -> pump.offerFailure(failure.setSilentMs(SilentLeaderException.millis(e)), ErrorClassifier.classifyCall(e), e),
            call
        );
    }

    /** Whatever is thrown before a call is under way ends where the call's own failure would. */
    private static void attempt(Consumer<Exception> failed, Consumer<Consumer<Exception>> call) {
        try {
            call.accept(failed);
        } catch (Exception e) {
            failed.accept(e);
        }
    }
}
