package org.opensearch.ccr.bulk;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.action.support.ContextPreservingActionListener;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.action.LostHistory;
import org.opensearch.ccr.action.PauseAction;
import org.opensearch.ccr.action.ResumeAction;
import org.opensearch.ccr.action.StartAction;
import org.opensearch.ccr.action.StartRequest;
import org.opensearch.ccr.action.StopAction;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.settings.BulkSettings;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.tasks.TaskManager;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;

import java.util.function.BiConsumer;

/** Runs bulk requests on the node that was asked: one at a time in the whole cluster, in the background. */
public final class BulkService {

    private static final Logger LOGGER = LogManager.getLogger(BulkService.class);
    private static final String PAUSE_REASON = "bulk_pause";
    private static final TimeValue NOTE_AGAIN = TimeValue.timeValueSeconds(5);

    private final Client node;
    private final RoleClients clients;
    private final ClusterService clusterService;
    private final ThreadPool threadPool;
    private final BulkTasks tasks;
    private final BulkCandidates candidates;
    private final BulkRights rights;

    public BulkService(
        Client node,
        RoleClients clients,
        ClusterService clusterService,
        ThreadPool threadPool,
        BulkTasks tasks,
        BulkRights rights,
        LostHistory history
    ) {
        this.rights = rights;
        this.node = node;
        this.clients = clients;
        this.clusterService = clusterService;
        this.threadPool = threadPool;
        this.tasks = tasks;
        this.candidates = new BulkCandidates(clusterService, threadPool, clients, history);
    }

    /**
     * Answers the task that is at work now. To be called in the context of the user. Fails with 404 when nothing matches, with
     * 400 when none of what matches can be done or another bulk task runs.
     */
    void begin(BulkRequest request, TaskManager manager, ActionListener<TaskId> listener) {
        ThreadContext context = threadPool.getThreadContext();
        ActionListener<BulkCandidates.Found> decided = ContextPreservingActionListener.wrapPreservingContext(ActionListener.wrap(found -> {
            if (found.ready().isEmpty() && found.hopeless().isEmpty()) {
                String where = request.verb() == BulkVerb.START ? " on leader cluster" : "";
                throw new ResourceNotFoundException("No indices found matching pattern: [" + request.pattern() + "]" + where);
            }
            if (found.ready().isEmpty()) {
                throw new IllegalArgumentException(String.join("; ", found.hopeless().values()));
            }
            register(request, found, manager, listener);
        }, listener::onFailure), context);
        ActionListener<BulkCandidates.Found> limited = ContextPreservingActionListener.wrapPreservingContext(
            ActionListener.wrap(found -> candidates.resumable(request, found, decided), listener::onFailure),
            context
        );
        ActionListener<BulkCandidates.Found> candidate = ContextPreservingActionListener.wrapPreservingContext(
            ActionListener.wrap(found -> rights.limit(request, found, limited), listener::onFailure),
            context
        );
        rights.check(request, ActionListener.wrap(allowed -> candidates.find(request, candidate), listener::onFailure));
    }

    private void register(BulkRequest request, BulkCandidates.Found found, TaskManager manager, ActionListener<TaskId> listener) {
        BulkTask task = (BulkTask) manager.register(
            "transport",
            request.verb().actionName() + "[b]",
            new BulkTask.Work(request.verb(), request.pattern())
        );
        tasks.add(task);
        task.expect(found.ready().size() + found.hopeless().size());
        found.hopeless().forEach(task::failed);
        TaskId id = new TaskId(clusterService.localNode().getId(), task.getId());
        TimeValue patience = request.patience(clusterService.getClusterSettings());
        Runnable end = () -> {
            tasks.end(task);
            manager.unregister(task);
        };
        BulkRun run = new BulkRun(task, found.ready(), threadPool, verb(request, patience), patience, request.verb().unconfirmed(), () -> {
            note(id, task, end);
        });
        int atOnce = clusterService.getClusterSettings().get(BulkSettings.BATCH_SIZE);
        BulkStateAction.Request claim = state(id, task).clusterManagerNodeTimeout(request.clusterManagerNodeTimeout());
        clients.plugin().execute(BulkStateAction.INSTANCE, claim, ActionListener.wrap(claimed -> {
            run.begin(atOnce);
            listener.onResponse(id);
        }, e -> {
            tasks.forget(task);
            manager.unregister(task);
            listener.onFailure(e);
        }));
    }

    private BiConsumer<String, ActionListener<AcknowledgedResponse>> verb(BulkRequest request, TimeValue patience) {
        TimeValue manager = request.clusterManagerNodeTimeout();
        return switch (request.verb()) {
            case START -> (index, listener) -> {
                StartRequest start = new StartRequest(index, request.alias(), index, request.roles(), Settings.EMPTY).waitForRestore(true);
                node.execute(StartAction.INSTANCE, start.timeout(patience).clusterManagerNodeTimeout(manager), listener);
            };
            case STOP -> (index, listener) -> {
                StopAction.Request stop = new StopAction.Request(index).timeout(patience);
                node.execute(StopAction.INSTANCE, stop.clusterManagerNodeTimeout(manager), listener);
            };
            case PAUSE -> (index, listener) -> {
                PauseAction.Request pause = new PauseAction.Request(index).reason(PAUSE_REASON).timeout(patience);
                node.execute(PauseAction.INSTANCE, pause.clusterManagerNodeTimeout(manager), listener);
            };
            case RESUME -> (index, listener) -> {
                ResumeAction.Request resume = new ResumeAction.Request(index).timeout(patience);
                node.execute(ResumeAction.INSTANCE, resume.clusterManagerNodeTimeout(manager), listener);
            };
        };
    }

    private BulkStateAction.Request state(TaskId id, BulkTask task) {
        return new BulkStateAction.Request(id, clusterService.localNode(), task.progress());
    }

    /** The end must become known, or nobody could begin another bulk task. Until then the task stands as one that runs. */
    private void note(TaskId id, BulkTask task, Runnable end) {
        clients.plugin().execute(BulkStateAction.INSTANCE, state(id, task), ActionListener.wrap(noted -> end.run(), e -> {
            LOGGER.info("the end of bulk task [{}] is not noted yet: {}", id, e.getMessage());
            threadPool.scheduleUnlessShuttingDown(NOTE_AGAIN, ThreadPool.Names.GENERIC, () -> note(id, task, end));
        }));
    }
}
