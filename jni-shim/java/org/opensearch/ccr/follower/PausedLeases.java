package org.opensearch.ccr.follower;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.store.AlreadyClosedException;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.leader.LeaderFilesAction;
import org.opensearch.ccr.leader.LeaderFilesRequest;
import org.opensearch.ccr.leader.LeaderShardInfo;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.metadata.StateAction;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.ccr.settings.LifecycleSettings;
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
 * leader; beyond that the lease is left to expire, and the record says so. It only ever renews what stands.
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
                context.shards().all().forEach(this::look);
            } finally {
                next();
            }
        });
    }

    private void look(IndexShard shard) {
        ClusterState state = context.clusterService().state();
        Index index = shard.shardId().getIndex();
        ReplicationStates.Entry entry = ReplicationStates.of(state).get(index.getName());
        LeaderOrigin origin = LeaderOrigin.of(state.metadata().index(index));
        boolean ours = shard.state() == IndexShardState.STARTED && shard.routingEntry().primary() && origin.indexUuid() != null;
        if (ours == false || entry == null || entry.state() != OverallState.PAUSED || isHopeless(entry.cause())) {
            return;
        }
        String mark = CcrSettings.LEADER_INDEX.get(state.metadata().index(index).getSettings());
        Index leader = new Index(mark.substring(mark.indexOf(':') + 1), origin.indexUuid());
        Paused paused = new Paused(shard, entry, new ShardId(leader, shard.shardId().id()));
        long age = System.currentTimeMillis() - entry.sinceMillis();
        TimeValue ageMax = settings().get(LifecycleSettings.PAUSE_MAX_AGE);
        if (age > ageMax.millis()) {
            letGo(paused, "it has been paused for longer than [" + ageMax + "]");
        } else {
            store.get(paused.follower(), ActionListener.wrap(
                record -> record.ifPresent(known -> measure(paused, known)),
                e -> LOGGER.debug("the record of " + index + " cannot be read", e)
            ));
        }
    }

    /** Nothing is kept for it any more. */
    private static boolean isHopeless(ErrorClass cause) {
        return cause == ErrorClass.ERROR_HISTORY_GONE || cause == ErrorClass.ERROR_HISTORY_CHANGED || cause == ErrorClass.ERROR_LEADER_MISSING;
    }

    private void measure(Paused paused, FollowRecord record) {
        ActionListener<LeaderShardInfo> measured = ActionListener.wrap(info -> {
            long sizeMax = settings().get(LifecycleSettings.PAUSE_MAX_SIZE).getBytes();
            if (kept(info, paused.retaining()) > sizeMax) {
                letGo(paused, "the leader keeps more than [" + settings().get(LifecycleSettings.PAUSE_MAX_SIZE) + "] of history for it");
            } else {
                renew(paused);
            }
        }, e -> LOGGER.debug("the leader of " + paused.follower() + " does not answer", e));
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

    /** Bytes of history that the lease holds on the leader, by the average size of an operation there. */
    private static long kept(LeaderShardInfo leader, long retaining) {
        long operations = Math.max(0, leader.maxSeqNo() - retaining + 1);
        return (long) ((double) leader.sizeBytes() / Math.max(1, leader.maxSeqNo() + 1) * operations);
    }

    private void renew(Paused paused) {
        try {
            context.leases()
                .renew(
                    context.clients().pluginOnLeader(paused.entry().alias()),
                    paused.leader(),
                    paused.shard().shardId(),
                    paused.retaining(),
                    ActionListener.wrap(renewed -> {}, e -> notRenewed(paused, e))
                );
        } catch (AlreadyClosedException e) {
            LOGGER.debug("shard is closed", e);
        } catch (RuntimeException e) {
            notRenewed(paused, e);
        }
    }

    private void notRenewed(Paused paused, Exception e) {
        ErrorClass cls = ErrorClassifier.classifyCall(e);
        if (isHopeless(cls) == false) {
            LOGGER.debug("the lease of " + paused.follower() + " is not renewed yet", e);
            return;
        }
        String gone = cls == ErrorClass.ERROR_LEADER_MISSING
            ? "The leader index was deleted: _stop keeps what is here as an ordinary index."
            : "The leader no longer keeps the operations that are missing here: _resume with force_resume=true copies the index again.";
        note(paused, gone, cls);
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
                        StateAction.Request.set(paused.follower(), OverallState.PAUSED, paused.entry().alias(), cause),
                        ActionListener.wrap(changed -> {}, e -> LOGGER.debug("cannot note a cause", e))
                    );
            }, e -> LOGGER.debug("cannot note a reason", e))
        );
    }
}
