package org.opensearch.ccr.follower;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.store.AlreadyClosedException;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.leader.LeaderFilesAction;
import org.opensearch.ccr.leader.LeaderFilesRequest;
import org.opensearch.ccr.leader.LeaderShardInfo;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.FollowerMark;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.proto.CoreProto.PauseFacts;
import org.opensearch.ccr.proto.CoreProto.PauseStage;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.ccr.settings.LifecycleSettings;
import org.opensearch.ccr.state.StateAction;
import org.opensearch.cluster.ClusterState;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.shard.IndexShardState;
import org.opensearch.threadpool.ThreadPool;

/**
 * Renews the retention leases of paused replications, whose tasks have ended: each node for the follower primaries it holds, as
 * often as running ones do. So a pause may last longer than a lease does, up to an age and up to an amount of history on the
 * leader; beyond that the lease is left to expire, and the record says so. It only ever renews what stands. What is to be done about
 * which shard, the core decides ({@code ccr/judge.h}).
 */
final class PausedLeases {

    private static final Logger LOGGER = LogManager.getLogger(PausedLeases.class);

    private final FollowerContext context;
    private final ReplicationStore store;

    private record Paused(IndexShard shard, ReplicationStates.Entry entry, ShardId leader) {
        String follower() {
            return shard.shardId().getIndexName();
        }

        /** The first operation that is missing here. */
        long retaining() {
            return shard.getLastSyncedGlobalCheckpoint() + 1;
        }

        PauseFacts.Builder facts(PauseStage stage) {
            return PauseFacts.newBuilder().setStage(stage).setCause(entry.cause());
        }
    }

    PausedLeases(FollowerContext context, ReplicationStore store) {
        this.context = context;
        this.store = store;
    }

    /** Goes on for as long as the node lives. */
    void begin() {
        next();
    }

    private ClusterSettings settings() {
        return context.clusterService().getClusterSettings();
    }

    private void next() {
        TimeValue interval = settings().get(CcrSettings.LEASE_RENEWAL_INTERVAL);
        context.threadPool().scheduleUnlessShuttingDown(interval, ThreadPool.Names.GENERIC, () -> {
            try {
                context.shards().all().forEach(this::lookAt);
            } finally {
                next();
            }
        });
    }

    /** A shard that cannot be looked at, as it is being closed, keeps no other from its turn. */
    private void lookAt(IndexShard shard) {
        try {
            look(shard);
        } catch (RuntimeException e) {
            LOGGER.warn("cannot look after the lease of " + shard.shardId(), e);
        }
    }

    private void look(IndexShard shard) {
        ClusterState state = context.clusterService().state();
        Index index = shard.shardId().getIndex();
        ReplicationStates.Entry entry = ReplicationStates.of(state).get(index.getName());
        LeaderOrigin origin = LeaderOrigin.of(state.metadata().index(index));
        boolean ours = shard.state() == IndexShardState.STARTED && shard.routingEntry().primary() && origin.indexUuid() != null;
        FollowerMark mark = FollowerMark.of(state.metadata().index(index));
        if (ours == false || mark == null || entry == null || entry.state() != OverallState.PAUSED) {
            return;
        }
        Index leader = new Index(mark.leader(), origin.indexUuid());
        Paused paused = new Paused(shard, entry, new ShardId(leader, shard.shardId().id()));
        PauseFacts facts = paused.facts(PauseStage.PAUSE_LOOK)
            .setPausedMs(System.currentTimeMillis() - entry.sinceMillis())
            .setPausedMsMax(settings().get(LifecycleSettings.PAUSE_MAX_AGE).millis())
            .build();
        judge(paused, facts);
    }

    /** Asks the core what is to be done, and does it. */
    private void judge(Paused paused, PauseFacts facts) {
        switch (context.core().judge().pause(facts)) {
            case VERDICT_MEASURE -> store.get(paused.follower(), ActionListener.wrap(
                record -> record.ifPresent(known -> measure(paused, known)),
                e -> LOGGER.debug("the record of " + paused.follower() + " cannot be read", e)
            ));
            case VERDICT_RENEW -> renew(paused, facts.getRetainingSeqNo());
            case VERDICT_TOO_OLD -> letGo(
                paused,
                "it has been paused for longer than [" + settings().get(LifecycleSettings.PAUSE_MAX_AGE) + "]"
            );
            case VERDICT_TOO_MUCH -> letGo(
                paused,
                "the leader keeps more than [" + settings().get(LifecycleSettings.PAUSE_MAX_SIZE) + "] of history for it"
            );
            case VERDICT_HISTORY_GONE -> note(
                paused,
                "The leader no longer keeps the operations that are missing here: _resume with force_resume=true copies the index again.",
                facts.getError()
            );
            case VERDICT_LEADER_MISSING -> note(
                paused,
                "The leader index was deleted: _stop keeps what is here as an ordinary index.",
                facts.getError()
            );
            case VERDICT_NOTHING, UNRECOGNIZED -> {}
        }
    }

    private void refused(Paused paused, Exception e) {
        LOGGER.debug("the lease of " + paused.follower() + " is not renewed yet", e);
        judge(paused, paused.facts(PauseStage.PAUSE_REFUSED).setError(ErrorClassifier.classifyCall(e)).build());
    }

    private void measure(Paused paused, FollowRecord record) {
        ActionListener<LeaderShardInfo> measured = ActionListener.wrap(
            info -> judge(
                paused,
                paused.facts(PauseStage.PAUSE_MEASURED)
                    .setLeaderBytes(info.sizeBytes())
                    .setLeaderMaxSeqNo(info.maxSeqNo())
                    .setRetainingSeqNo(paused.retaining())
                    .setKeptBytesMax(settings().get(LifecycleSettings.PAUSE_MAX_SIZE).getBytes())
                    .build()
            ),
            e -> LOGGER.debug("the leader of " + paused.follower() + " does not answer", e)
        );
        try {
            context.clients()
                .leader(record.alias(), record.roles())
                .execute(
                    LeaderFilesAction.INSTANCE,
                    LeaderFilesRequest.probe(record.leader(), paused.leader().id()),
                    ActionListener.map(measured, answer -> answer.info())
                );
        } catch (RuntimeException e) {
            measured.onFailure(e);
        }
    }

    private void renew(Paused paused, long retaining) {
        try {
            context.leases()
                .renew(
                    context.clients().pluginOnLeader(paused.entry().alias()),
                    paused.leader(),
                    paused.shard().shardId(),
                    retaining,
                    ActionListener.wrap(renewed -> {}, e -> refused(paused, e))
                );
        } catch (AlreadyClosedException e) {
            LOGGER.debug("shard is closed", e);
        } catch (RuntimeException e) {
            refused(paused, e);
        }
    }

    private void letGo(Paused paused, String why) {
        String text = "Its lease on the leader is not renewed any more, because " + why + ": resume it before that expires.";
        note(paused, text, paused.entry().cause());
    }

    /** Adds to the record's reason, once, and tells the cluster state when the cause is another one now. */
    private void note(Paused paused, String text, ErrorClass cause) {
        store.update(
            paused.follower(),
            record -> record.state() == OverallState.PAUSED && record.reason().endsWith(text) == false
                ? record.with(OverallState.PAUSED, record.reason() + ". " + text)
                : null,
            ActionListener.wrap(stored -> {
                if (cause == paused.entry().cause() || stored.isEmpty() || stored.get().state() != OverallState.PAUSED) {
                    return;
                }
                LOGGER.warn("[{}] {}", paused.follower(), text);
                context.clients()
                    .plugin()
                    .execute(
                        StateAction.INSTANCE,
                        StateAction.Request.move(
                            paused.follower(),
                            OverallState.PAUSED,
                            OverallState.PAUSED,
                            paused.entry().alias(),
                            cause
                        ),
                        ActionListener.wrap(changed -> {}, e -> LOGGER.debug("cannot note a cause", e))
                    );
            }, e -> LOGGER.debug("cannot note a reason", e))
        );
    }
}
