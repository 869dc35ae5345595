package org.opensearch.ccr.action;

import org.opensearch.OpenSearchException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.index.CreateAction;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.preflight.SetupCheck;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.state.IndexFollowState.Phase;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;

import java.util.Set;

/** {@code _start}: the checks that need the caller and the leader, here; then the cluster manager; then waiting for the task. */
public final class StartAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/start";
    public static final StartAction INSTANCE = new StartAction();

    private StartAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Transport extends HandledTransportAction<StartRequest, AcknowledgedResponse> {

        private final FollowerServices services;
        private final SetupCheck setup;
        private final StartChecks checks;

        @Inject
        public Transport(FollowerServices services, SetupCheck setup, StartChecks checks) {
            super(NAME, services.transport(), services.filters(), StartRequest::new, ThreadPool.Names.GENERIC);
            this.services = services;
            this.setup = setup;
            this.checks = checks;
        }

        @Override
        protected void doExecute(Task task, StartRequest request, ActionListener<AcknowledgedResponse> listener) {
            String user = request.byRule() ? request.roles().user() : setup.caller(); // before this thread works for somebody else
            ActionListener<Void> checked = ActionListener.wrap(
                allowed -> LeaderIndex.fetch(
                    services.clients(),
                    services.threadPool(),
                    request.alias(),
                    request.leader(),
                    request.timeout(),
                    ActionListener.wrap(leader -> create(request, request.roles().by(user), leader, listener), listener::onFailure)
                ),
                listener::onFailure
            );
            if (request.byRule()) {
                setup.checkRoles(request.alias(), request.leader(), request.follower(), request.roles(), request.timeout(), checked);
            } else {
                setup.check(request.alias(), request.leader(), request.follower(), request.roles(), request.timeout(), checked);
            }
        }

        private void create(StartRequest request, FollowRoles roles, LeaderIndex leader, ActionListener<AcknowledgedResponse> listener) {
            leader.ensureFollowable(request.alias(), services.cluster().state().nodes().getMinNodeVersion());
            leader.ensureNoLoop(services.cluster().state(), request.follower());
            if (request.byRule()) {
                leader.ensureNotReturning(services.cluster().state());
            }
            checks.ensureSettings(request.follower(), request.settings());
            checks.ensureAnalysisFiles(leader.metadata().getSettings(), request.settings());
            CreateAction.Request create = new CreateAction.Request(
                request.follower(),
                request.alias(),
                leader.metadata().getIndex(),
                roles,
                request.settings()
            );
            create.clusterManagerNodeTimeout(request.clusterManagerNodeTimeout());
            services.clients().plugin().execute(
                CreateAction.INSTANCE,
                create,
                ActionListener.wrap(created -> await(request, listener), listener::onFailure)
            );
        }

        private void await(StartRequest request, ActionListener<AcknowledgedResponse> listener) {
            TaskReached reached = new TaskReached(
                request.waitForRestore() ? Set.of(Phase.FOLLOWING) : Set.of(Phase.RESTORING, Phase.HELD, Phase.INIT_FOLLOW, Phase.FOLLOWING)
            );
            services.tasks().await(request.follower(), reached, request.timeout(), ActionListener.wrap(task -> {
                if (task == null) {
                    why(request.follower(), listener);
                } else {
                    listener.onResponse(new AcknowledgedResponse(true));
                }
            }, listener::onFailure));
        }

        /** The task has ended before it came so far. */
        private void why(String follower, ActionListener<AcknowledgedResponse> listener) {
            services.store().get(follower, ActionListener.wrap(record -> {
                boolean failed = record.isPresent() && record.get().state() == OverallState.FAILED;
                String reason = failed ? record.get().reason() : "it was stopped meanwhile";
                throw new OpenSearchException("Replication of [" + follower + "] failed: " + reason);
            }, listener::onFailure));
        }
    }
}
