package org.opensearch.ccr.action;

import org.opensearch.OpenSearchException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.index.CreateAction;
import org.opensearch.ccr.index.FollowTaskService;
import org.opensearch.ccr.index.IndexFollowState.Phase;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.security.SetupCheck;
import org.opensearch.cluster.metadata.MetadataCreateIndexService;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.settings.IndexScopedSettings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.env.Environment;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import java.util.Set;

/** {@code _start}: the checks that need the caller and the leader, here; then the cluster manager; then waiting for the task. */
public final class StartAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/start";
    public static final StartAction INSTANCE = new StartAction();

    private StartAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Transport extends HandledTransportAction<StartRequest, AcknowledgedResponse> {

        private final ClusterService clusterService;
        private final ThreadPool threadPool;
        private final RoleClients clients;
        private final SetupCheck setup;
        private final ReplicationStore store;
        private final FollowTaskService tasks;
        private final IndexScopedSettings indexSettings;
        private final MetadataCreateIndexService indexCreation;
        private final Environment environment;

        @Inject
        public Transport(
            TransportService transportService,
            ClusterService clusterService,
            ThreadPool threadPool,
            ActionFilters filters,
            RoleClients clients,
            SetupCheck setup,
            ReplicationStore store,
            FollowTaskService tasks,
            IndexScopedSettings indexSettings,
            MetadataCreateIndexService indexCreation,
            Environment environment
        ) {
            super(NAME, transportService, filters, StartRequest::new, ThreadPool.Names.GENERIC);
            this.clusterService = clusterService;
            this.threadPool = threadPool;
            this.clients = clients;
            this.setup = setup;
            this.store = store;
            this.tasks = tasks;
            this.indexSettings = indexSettings;
            this.indexCreation = indexCreation;
            this.environment = environment;
        }

        @Override
        protected void doExecute(Task task, StartRequest request, ActionListener<AcknowledgedResponse> listener) {
            setup.check(
                request.alias(),
                request.leader(),
                request.follower(),
                request.roles(),
                request.timeout(),
                ActionListener.wrap(
                    allowed -> LeaderIndex.fetch(
                        clients,
                        threadPool,
                        request.alias(),
                        request.leader(),
                        request.timeout(),
                        ActionListener.wrap(leader -> create(request, leader, listener), listener::onFailure)
                    ),
                    listener::onFailure
                )
            );
        }

        private void create(StartRequest request, LeaderIndex leader, ActionListener<AcknowledgedResponse> listener) {
            leader.ensureFollowable(request.alias(), clusterService.state().nodes().getMinNodeVersion());
            indexSettings.validate(request.settings(), false, false, false, true);
            indexCreation.validateIndexSettings(request.follower(), request.settings(), false);
            AnalysisFiles.ensureReadable(environment, leader.metadata().getSettings(), request.settings());
            CreateAction.Request create = new CreateAction.Request(
                request.follower(),
                request.alias(),
                leader.metadata().getIndex(),
                request.roles(),
                request.settings()
            );
            create.clusterManagerNodeTimeout(request.clusterManagerNodeTimeout());
            clients.plugin().execute(
                CreateAction.INSTANCE,
                create,
                ActionListener.wrap(created -> await(request, listener), listener::onFailure)
            );
        }

        private void await(StartRequest request, ActionListener<AcknowledgedResponse> listener) {
            TaskReached reached = new TaskReached(
                request.waitForRestore() ? Set.of(Phase.FOLLOWING) : Set.of(Phase.RESTORING, Phase.INIT_FOLLOW, Phase.FOLLOWING)
            );
            tasks.await(request.follower(), reached, request.timeout(), ActionListener.wrap(task -> {
                if (task == null) {
                    why(request.follower(), listener);
                } else {
                    listener.onResponse(new AcknowledgedResponse(true));
                }
            }, listener::onFailure));
        }

        /** The task has ended before it came so far. */
        private void why(String follower, ActionListener<AcknowledgedResponse> listener) {
            store.get(follower, ActionListener.wrap(record -> {
                boolean failed = record.isPresent() && record.get().state() == OverallState.FAILED;
                String reason = failed ? record.get().reason() : "it was stopped meanwhile";
                throw new OpenSearchException("Replication of [" + follower + "] failed: " + reason);
            }, listener::onFailure));
        }
    }
}
