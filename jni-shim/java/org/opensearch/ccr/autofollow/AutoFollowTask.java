package org.opensearch.ccr.autofollow;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.message.ParameterizedMessage;
import org.opensearch.ccr.common.StepLoop;
import org.opensearch.ccr.state.Rule;
import org.opensearch.ccr.state.RuleSet;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ClusterStateListener;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.gateway.GatewayService;
import org.opensearch.persistent.AllocatedPersistentTask;
import org.opensearch.persistent.PersistentTasksCustomMetadata;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Carries out one rule: runs {@link RuleRun} after each change of the cluster state, each answer and each timer. Runs come one
 * at a time on a generic thread; answers wait in a queue for the next. It ends when the rule is gone or paused.
 */
final class AutoFollowTask extends AllocatedPersistentTask implements ClusterStateListener {

    private static final Logger logger = LogManager.getLogger(AutoFollowTask.class);
    private static final TimeValue AFTER_ERROR = TimeValue.timeValueSeconds(2);
    static final String CANCELLED_BY_USER = "AutoPaused: auto-follow task was cancelled by user";

    private final AutoFollowParams params;
    private final AutoFollowServices services;
    private final RuleRun run;
    private final Queue<Runnable> answers = new ConcurrentLinkedQueue<>();
    private final StepLoop loop;
    private volatile boolean ended;
    private volatile RuleProgress progress;

    AutoFollowTask(
        long id,
        String type,
        String action,
        TaskId parent,
        Map<String, String> headers,
        AutoFollowParams params,
        AutoFollowServices services
    ) {
        super(id, type, action, "replication auto-follow:" + params.alias() + ":" + params.rule(), parent, headers);
        this.params = params;
        this.services = services;
        this.loop = new StepLoop(services.threadPool(), this::step, this::stepFailed);
        this.run = new RuleRun(params.alias(), params.rule(), services, this::answered, this::wakeIn);
        this.progress = RuleProgress.none(params.alias(), params.rule());
    }

    void begin() {
        services.running().add(this);
        services.cluster().addListener(this);
        wake();
    }

    RuleProgress progress() {
        return progress;
    }

    @Override
    public void clusterChanged(ClusterChangedEvent event) {
        if (event.metadataChanged() || event.blocksChanged()) {
            wake();
        }
    }

    /** By a person over {@code _tasks}, or because the cluster state no longer has this task here; the step finds out which. */
    @Override
    protected void onCancelled() {
        wake();
    }

    private void answered(Runnable answer) {
        answers.add(answer);
        wake();
    }

    private void wakeIn(long millis) {
        loop.wakeIn(TimeValue.timeValueMillis(millis));
    }

    private void wake() {
        loop.wake();
    }

    private void stepFailed(Exception e) {
        logger.warn(new ParameterizedMessage("[{}] auto-follow step failed, trying again", params.rule()), e);
        loop.wakeIn(AFTER_ERROR);
    }

    private void step() {
        for (Runnable answer = answers.poll(); answer != null; answer = answers.poll()) {
            answer.run();
        }
        ClusterState state = services.cluster().state();
        if (ended || state.blocks().hasGlobalBlock(GatewayService.STATE_NOT_RECOVERED_BLOCK)) {
            return;
        }
        Rule rule = RuleSet.of(state).get(params.alias(), params.rule());
        if (isCancelled()) {
            cancelled(state, rule);
        } else if (rule == null || rule.paused()) {
            finish();
        } else {
            run.step(state, rule);
            progress = run.progress();
        }
    }

    private void cancelled(ClusterState state, Rule rule) {
        PersistentTask<?> current = PersistentTasksCustomMetadata.getTaskWithId(state, params.taskId());
        boolean here = current != null && current.getAllocationId() == getAllocationId();
        if (rule != null && rule.paused() == false && here) {
            // Nobody but a person cancels a task that the cluster state still places here.
            logger.warn("[{}] auto-follow rule is paused now: {}", params.rule(), CANCELLED_BY_USER);
            services.clients().plugin().execute(
                ChangeRuleAction.INSTANCE,
                ChangeRuleAction.Request.pause(params.alias(), params.rule(), CANCELLED_BY_USER),
                ActionListener.wrap(paused -> wake(), e -> loop.wakeIn(AFTER_ERROR))
            );
        } else {
            finish();
        }
    }

    private void finish() {
        if (ended == false) {
            ended = true;
            services.cluster().removeListener(this);
            services.running().remove(this);
            markAsCompleted();
        }
    }
}
