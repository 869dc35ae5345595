package org.opensearch.ccr.index;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.message.ParameterizedMessage;
import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.ccr.bootstrap.BootstrapRequest;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.common.StepLoop;
import org.opensearch.ccr.follower.ShardFollowParams;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.FollowerBlock;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReleaseAction;
import org.opensearch.ccr.metadata.ReopenAction;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.settings.LifecycleSettings;
import org.opensearch.ccr.state.FollowTasks;
import org.opensearch.ccr.state.IndexFollowParams;
import org.opensearch.ccr.state.IndexFollowState;
import org.opensearch.ccr.state.IndexFollowState.Phase;
import org.opensearch.ccr.state.StateAction;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ClusterStateListener;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.UUIDs;
import org.opensearch.common.lease.Releasable;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.gateway.GatewayService;
import org.opensearch.persistent.AllocatedPersistentTask;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;
import org.opensearch.threadpool.ThreadPool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps one followed index as it should be. It compares what the cluster state says with what is wanted and takes the one step
 * that is missing, each time the cluster state changes and after each step; so it may die anywhere and begin anew elsewhere.
 *
 * <p>Steps run one at a time on a generic thread. A step that waits for an answer holds {@link #busy} until it has it.
 */
final class IndexFollowTask extends AllocatedPersistentTask implements ClusterStateListener {

    private static final Logger logger = LogManager.getLogger(IndexFollowTask.class);
    private static final TimeValue RETRY = TimeValue.timeValueSeconds(2);
    private static final TimeValue SEEK = TimeValue.timeValueSeconds(1);
    /** A shard's task is not started anew more often than this; the first time is at once. */
    private static final long RESTART_MILLIS = 1_000;
    static final String CANCELLED_BY_USER = "AutoPaused: Index replication task was cancelled by user";

    private final IndexFollowParams params;
    private final IndexFollowServices services;
    private final StepLoop loop;
    private final Map<ShardId, Long> lastStarts = new HashMap<>();
    private volatile Phase phase = Phase.INIT;
    private volatile boolean busy;
    private volatile boolean ended;
    private volatile boolean deleting;
    /** Said to the bootstrap once, when it is no longer wanted. */
    private volatile boolean bootstrapCancelled;
    /** As the record says; null until it has been read. */
    private volatile FollowRoles roles;
    /** Null until every shard has its task. Used by the steps only. */
    private MetadataPoll poll;
    private final BootstrapHold hold = new BootstrapHold();
    /** Ends what {@link #leaderBack} is told. */
    private volatile Releasable back;

    IndexFollowTask(
        long id,
        String type,
        String action,
        TaskId parent,
        Map<String, String> headers,
        IndexFollowParams params,
        IndexFollowServices services
    ) {
        super(id, type, action, describe(params), parent, headers);
        this.params = params;
        this.services = services;
        this.loop = new StepLoop(services.threadPool(), this::step, this::stepFailed);
    }

    private static String describe(IndexFollowParams params) {
        return "replication:" + params.alias() + ":" + params.leader() + " -> " + params.follower();
    }

    void begin(Phase reached) {
        phase = reached;
        back = services.links().whenBack(this::leaderBack);
        services.clusterService().addListener(this);
        wake();
    }

    @Override
    public void clusterChanged(ClusterChangedEvent event) {
        if (event.metadataChanged() || event.routingTableChanged() || event.blocksChanged()) {
            wake();
        }
    }

    /** By a person over {@code _tasks}, or because the cluster state no longer has this task here; the step finds out which. */
    @Override
    protected void onCancelled() {
        wake();
    }

    private void wake() {
        loop.wake();
    }

    private void wakeLater() {
        busy = false;
        loop.wakeIn(RETRY);
    }

    private void wakeNow() {
        busy = false;
        wake();
    }

    private void stepFailed(Exception e) {
        logger.warn(new ParameterizedMessage("[{}] replication step failed, trying again", params.follower()), e);
        wakeLater();
    }

    private void step() {
        if (ended) {
            return;
        }
        ClusterState state = services.clusterService().state();
        if (state.blocks().hasGlobalBlock(GatewayService.STATE_NOT_RECOVERED_BLOCK)) {
            return;
        }
        boolean wanted = ReplicationStates.of(state).is(params.follower(), OverallState.RUNNING);
        if (isPlacedHere(state) == false && isCancelled() == false) {
            return; // what there is belongs to another task by now; core is about to cancel this one
        }
        if (busy) {
            if (phase == Phase.RESTORING && bootstrapCancelled == false && (wanted == false || isCancelled())) {
                bootstrapCancelled = true;
                services.bootstrap().cancel(params.follower(), wanted ? "its task was cancelled" : "the replication was stopped");
            }
        } else if (isCancelled()) {
            cancelled(state, wanted);
        } else if (wanted == false) {
            endShardsAndFinish();
        } else {
            switch (phase) {
                case INIT -> advance(
                    state.metadata().hasIndex(params.follower()) && params.rebuild() == false ? Phase.INIT_FOLLOW : Phase.RESTORING
                );
                case RESTORING -> restore(state);
                case HELD -> {
                    if (hold.isOn() == false) {
                        advance(Phase.RESTORING);
                    }
                }
                case INIT_FOLLOW, FOLLOWING -> follow(state);
                case FAILED -> endShardsAndFinish();
            }
        }
    }

    private void cancelled(ClusterState state, boolean wanted) {
        if (isPlacedHere(state) == false) {
            finish();
        } else if (wanted) {
            // Nobody but a person cancels a task that the cluster state still places here.
            conclude(OverallState.PAUSED, ErrorClass.ERROR_NONE, CANCELLED_BY_USER);
        } else {
            endShardsAndFinish();
        }
    }

    /** Whether the cluster state has this task, and not one that has taken over from it. */
    private boolean isPlacedHere(ClusterState state) {
        PersistentTask<?> current = FollowTasks.indexTask(state, params.follower());
        return current != null && current.getAllocationId() == getAllocationId();
    }

    private void advance(Phase next) {
        busy = true;
        updatePersistentTaskState(new IndexFollowState(next), ActionListener.wrap(updated -> {
            phase = next;
            wakeNow();
        }, e -> {
            logger.debug(new ParameterizedMessage("[{}] cannot note phase {}", params.follower(), next), e);
            wakeLater();
        }));
    }

    private void restore(ClusterState state) {
        if (hold.isOn()) {
            return; // woken when it is over
        }
        busy = true;
        boolean exists = state.metadata().hasIndex(params.follower());
        if (exists && params.rebuild() && HalfMade.isBeingRestored(state, params.follower())) {
            wakeLater(); // by a task that died or gave up: OpenSearch brings it to an end, and what it has copied is not copied again
            return;
        }
        if (exists && params.rebuild() == false) {
            discard(state.metadata().index(params.follower()));
            return;
        }
        services.store().get(params.follower(), ActionListener.wrap(record -> bootstrap(record, exists), this::retry));
    }

    /** By a task that died: nobody can say which of its shards are whole. */
    private void discard(IndexMetadata halfMade) {
        String copyId = LeaderOrigin.of(halfMade).copyId();
        if (copyId == null) {
            conclude(OverallState.FAILED, ErrorClass.ERROR_FATAL, "index [" + params.follower() + "] exists already and is no copy of the leader's");
            return;
        }
        services.clients().plugin().execute(
            ReleaseAction.INSTANCE,
            ReleaseAction.Request.discard(params.follower(), copyId),
            ActionListener.wrap(discarded -> wakeLater(), this::retry)
        );
    }

    private void bootstrap(Optional<FollowRecord> record, boolean inPlace) {
        if (record.isEmpty()) {
            conclude(OverallState.FAILED, ErrorClass.ERROR_FATAL, "the replication metadata of [" + params.follower() + "] is gone");
            return;
        }
        BootstrapRequest request = new BootstrapRequest(
            params.alias(),
            params.leader(),
            params.follower(),
            record.get().settings(),
            record.get().roles(),
            UUIDs.randomBase64UUID(),
            inPlace
        );
        services.bootstrap().bootstrap(request, ActionListener.wrap(done -> bootstrapped(record.get()), e -> {
            boolean wanted = isWanted();
            ErrorClass cause = ErrorClassifier.classify(e);
            if (wanted == false || isCancelled() || isPlacedHere(services.clusterService().state()) == false) {
                wakeNow();
            } else if (BootstrapHold.waitsFor(cause)) {
                hold(cause, e);
            } else {
                logger.warn(new ParameterizedMessage("[{}] bootstrap failed", params.follower()), e);
                given(e);
            }
        }));
        wake();
    }

    private void hold(ErrorClass cause, Exception e) {
        String reason = hold.begin(cause, Reasons.of(e));
        logger.info("[{}] {}", params.follower(), reason);
        int attempt = hold.attempt();
        services.threadPool().scheduleUnlessShuttingDown(hold.pause(), ThreadPool.Names.GENERIC, () -> endHold(attempt));
        if (cause == ErrorClass.ERROR_UNREACHABLE) {
            seek(attempt);
        }
        note(reason, () -> advance(Phase.HELD));
    }

    private void endHold(int attempt) {
        if (hold.end(attempt)) {
            wake();
        }
    }

    /** Has the leader looked for as long as the pause after that try lasts; its return ends the pause. */
    private void seek(int attempt) {
        if (ended == false && hold.isOn() && hold.attempt() == attempt) {
            services.links().seek(params.alias());
            services.threadPool().scheduleUnlessShuttingDown(SEEK, ThreadPool.Names.GENERIC, () -> seek(attempt));
        }
    }

    private void leaderBack(String alias) {
        if (alias.equals(params.alias()) && hold.endForLeader()) {
            wake();
        }
    }

    /** Leaves no word of a wait that is over. */
    private void bootstrapped(FollowRecord begun) {
        if (begun.reason().equals(FollowRecord.USER_INITIATED)) {
            advance(Phase.INIT_FOLLOW);
        } else {
            note(FollowRecord.USER_INITIATED, () -> advance(Phase.INIT_FOLLOW));
        }
    }

    /** Writes down why it stands as it stands while it runs. */
    private void note(String reason, Runnable then) {
        services.store().update(
            params.follower(),
            record -> record.state() == OverallState.RUNNING ? record.with(OverallState.RUNNING, reason) : null,
            ActionListener.wrap(noted -> then.run(), this::retry)
        );
    }

    /** The bootstrap was given up. One in place leaves what there is, paused: it can be tried again, and nothing goes unasked. */
    private void given(Exception e) {
        if (params.rebuild() == false) {
            conclude(OverallState.FAILED, ErrorClassifier.classify(e), Reasons.of(e));
            return;
        }
        ClusterState state = services.clusterService().state();
        String left = "";
        if (HalfMade.is(state, params.follower())) {
            left = "What is here is not complete and cannot be searched: ";
        } else if (state.metadata().hasIndex(params.follower())) {
            left = "What was here is as it was: ";
        }
        String text = "AutoPaused: the copy could not be made again: " + Reasons.of(e) + ". " + left
            + "_resume with force_resume=true tries again";
        conclude(OverallState.PAUSED, ErrorClass.ERROR_HISTORY_GONE, text);
    }

    private void follow(ClusterState state) {
        IndexMetadata index = state.metadata().index(params.follower());
        if (index == null || FollowerBlock.isFollower(index) == false) {
            conclude(OverallState.FAILED, ErrorClass.ERROR_FATAL, "the follower index [" + params.follower() + "] is gone");
            return;
        }
        if (index.getState() == IndexMetadata.State.CLOSE) {
            busy = true;
            services.clients().plugin().execute(
                ReopenAction.INSTANCE,
                new ReopenAction.Request(params.follower()),
                ActionListener.wrap(open -> wakeLater(), this::retry)
            );
            return;
        }
        Map<ShardId, PersistentTask<?>> tasks = new HashMap<>();
        for (PersistentTask<?> task : FollowTaskService.shardTasks(state, params.follower())) {
            tasks.put(((ShardFollowParams) task.getParams()).followerShard(), task);
        }
        ShardFailures failures = ShardFailures.of(tasks);
        if (failures != null) {
            failed(failures);
            return;
        }
        if (roles == null) {
            readRoles();
            return;
        }
        List<ShardFollowParams> missing = new ArrayList<>();
        for (int shard = 0; shard < index.getNumberOfShards(); shard++) {
            ShardId id = new ShardId(index.getIndex(), shard);
            if (tasks.remove(id) == null) {
                missing.add(new ShardFollowParams(params.alias(), new ShardId(params.leader(), shard), id, roles));
            }
        }
        if (tasks.isEmpty() == false) {
            // Left over from an earlier index of the same name.
            busy = true;
            services.tasks().endShards(params.follower(), ActionListener.wrap(gone -> wakeNow(), this::retry));
        } else if (missing.isEmpty() == false) {
            start(missing);
        } else if (phase == Phase.INIT_FOLLOW) {
            advance(Phase.FOLLOWING);
        } else if (poll == null) {
            poll = new MetadataPoll(
                params.follower(),
                services.store(),
                services.metadata(),
                services.clusterService(),
                services.threadPool()
            );
        }
    }

    private void failed(ShardFailures failures) {
        if (failures.cause() != ErrorClass.ERROR_LEADER_MISSING || deletes() == false) {
            conclude(OverallState.PAUSED, failures.cause(), failures.reason());
            return;
        }
        if (deleting) {
            return;
        }
        busy = true;
        services.deletion().confirm(params, ActionListener.wrap(gone -> {
            if (gone == false) {
                conclude(OverallState.PAUSED, failures.cause(), failures.reason());
                return;
            }
            deleting = true;
            busy = false; // the deletion stops the replication, and so ends this task
            services.deletion().delete(params, ActionListener.wrap(deleted -> {}, e -> {
                logger.warn(new ParameterizedMessage("[{}] is not deleted yet although its leader index was", params.follower()), e);
                deleting = false;
                wakeLater();
            }));
        }, this::retry));
    }

    private boolean deletes() {
        return services.clusterService().getClusterSettings().get(LifecycleSettings.DELETE_INDEX);
    }

    private void readRoles() {
        busy = true;
        services.store().get(params.follower(), ActionListener.wrap(record -> {
            if (record.isEmpty()) {
                conclude(OverallState.FAILED, ErrorClass.ERROR_FATAL, "the replication metadata of [" + params.follower() + "] is gone");
                return;
            }
            roles = record.get().roles();
            wakeNow();
        }, this::retry));
    }

    private void start(List<ShardFollowParams> missing) {
        long now = services.threadPool().relativeTimeInMillis();
        List<ShardFollowParams> due = new ArrayList<>();
        for (ShardFollowParams shard : missing) {
            Long last = lastStarts.get(shard.followerShard());
            if (last == null || now - last >= RESTART_MILLIS) {
                lastStarts.put(shard.followerShard(), now);
                due.add(shard);
            }
        }
        busy = true;
        if (due.isEmpty()) {
            wakeLater();
            return;
        }
        ActionListener<Void> done = ActionListener.wrap(started -> wakeNow(), this::retry);
        GroupedActionListener<Void> all = new GroupedActionListener<>(ActionListener.map(done, started -> null), due.size());
        due.forEach(shard -> services.tasks().startShard(shard, all));
    }

    /** Writes down that the replication no longer runs, and why; the change of the cluster state then ends this task. */
    private void conclude(OverallState state, ErrorClass cause, String reason) {
        busy = true;
        logger.warn("[{}] replication is {} now: {}", params.follower(), state, reason);
        services.store().update(
            params.follower(),
            record -> record.state() == OverallState.RUNNING || isWanted() ? record.with(state, reason) : null,
            ActionListener.wrap(
                stored -> services.marks().of(params.follower(), ActionListener.wrap(
                    marks -> services.clients().plugin().execute(
                        StateAction.INSTANCE,
                        StateAction.Request.move(params.follower(), OverallState.RUNNING, state, params.alias(), cause).marks(marks),
                        ActionListener.wrap(changed -> endShardsAndFinish(), this::notConcluded)
                    ),
                    this::retry
                )),
                this::retry
            )
        );
    }

    /** Somebody stopped or paused it meanwhile, which the next step sees, or nobody could be told. */
    private void notConcluded(Exception e) {
        if (isWanted()) {
            retry(e);
        } else {
            wakeNow();
        }
    }

    private boolean isWanted() {
        return ReplicationStates.of(services.clusterService().state()).is(params.follower(), OverallState.RUNNING);
    }

    private void endShardsAndFinish() {
        busy = true;
        services.tasks().endShards(params.follower(), ActionListener.wrap(gone -> finish(), this::retry));
    }

    private void retry(Exception e) {
        logger.info("[{}] replication goes on later: {}", params.follower(), Reasons.of(e));
        wakeLater();
    }

    private void finish() {
        if (ended == false) {
            ended = true;
            if (poll != null) {
                poll.close();
            }
            services.clusterService().removeListener(this);
            back.close();
            markAsCompleted();
        }
    }
}
