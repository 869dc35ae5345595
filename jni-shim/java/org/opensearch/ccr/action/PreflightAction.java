package org.opensearch.ccr.action;

import org.opensearch.action.ActionType;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.preflight.PreflightResponse;
import org.opensearch.ccr.preflight.SetupCheck;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;

/** {@code _preflight} and {@code _start?dry_run=true}: what {@code _start} would come to, without starting anything. */
public final class PreflightAction extends ActionType<PreflightResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/preflight";
    public static final PreflightAction INSTANCE = new PreflightAction();

    private PreflightAction() {
        super(NAME, PreflightResponse::new);
    }

    public static final class Transport extends HandledTransportAction<PreflightRequest, PreflightResponse> {

        private final FollowerServices services;
        private final SetupCheck setup;
        private final StartChecks checks;
        private final Client node;

        @Inject
        public Transport(FollowerServices services, SetupCheck setup, StartChecks checks, Client node) {
            super(NAME, services.transport(), services.filters(), PreflightRequest::new, ThreadPool.Names.GENERIC);
            this.services = services;
            this.setup = setup;
            this.checks = checks;
            this.node = node;
        }

        @Override
        protected void doExecute(Task task, PreflightRequest request, ActionListener<PreflightResponse> listener) {
            if (request.start() != null) {
                look(request.start(), false, listener);
                return;
            }
            if (ReplicationStates.of(services.cluster().state()).get(request.follower()) == null) {
                throw new IllegalArgumentException(
                    "Index " + request.follower() + " is not replicated yet: say what it is to follow with leader_alias and leader_index"
                );
            }
            services.store().get(request.follower(), ActionListener.wrap(found -> {
                FollowRecord record = found.orElseThrow(() -> Replicated.notInProgress(request.follower()));
                StartRequest start = StartRequest.of(record);
                start.timeout(request.timeout());
                look(start, true, listener);
            }, listener::onFailure));
        }

        private void look(StartRequest start, boolean running, ActionListener<PreflightResponse> listener) {
            new Preflight(services, setup, checks, node, start, running, listener).run();
        }
    }
}
