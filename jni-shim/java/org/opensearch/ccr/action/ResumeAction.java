package org.opensearch.ccr.action;

import org.opensearch.OpenSearchException;
import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.index.IndexFollowParams;
import org.opensearch.ccr.index.IndexFollowState.Phase;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.metadata.StateAction;
import org.opensearch.cluster.ClusterState;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.env.Environment;
import org.opensearch.threadpool.ThreadPool;

import java.io.IOException;
import java.util.Set;

/** {@code _resume}: looks whether the leader still has what is missing here, then starts the index task again. */
public final class ResumeAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/resume";
    public static final ResumeAction INSTANCE = new ResumeAction();

    private ResumeAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Request extends FollowerRequest<Request> {
        public Request(String follower) {
            super(follower);
        }

        public Request(StreamInput in) throws IOException {
            super(in);
        }
    }

    public static final class Transport extends FollowerTransport<Request> {

        private final LeaderLeases leases;
        private final Environment environment;

        @Inject
        public Transport(FollowerServices services, LeaderLeases leases, Environment environment) {
            super(NAME, services, Request::new);
            this.leases = leases;
            this.environment = environment;
        }

        @Override
        protected void run(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            ReplicationStates.Entry entry = ReplicationStates.of(state).get(request.follower());
            if (entry == null) {
                throw Replicated.notInProgress(request.follower());
            }
            if (entry.state() != OverallState.PAUSED) {
                throw new ResourceAlreadyExistsException("Replication on Index " + request.follower() + " is already running");
            }
            services.store().get(request.follower(), ActionListener.wrap(found -> {
                FollowRecord record = found.orElseThrow(() -> Replicated.notInProgress(request.follower()));
                LeaderIndex.fetch(
                    services.clients(),
                    services.threadPool(),
                    record.alias(),
                    record.leader(),
                    request.timeout(),
                    ActionListener.wrap(leader -> probe(request, record, leader, listener), listener::onFailure)
                );
            }, listener::onFailure));
        }

        private void probe(Request request, FollowRecord record, LeaderIndex leader, ActionListener<AcknowledgedResponse> listener) {
            leader.ensureOpen();
            leader.ensureNoLoop(services.cluster().state(), request.follower());
            AnalysisFiles.ensureReadable(environment, leader.metadata().getSettings(), record.settings());
            if (services.cluster().state().metadata().hasIndex(request.follower()) == false) {
                restart(request, record, leader, listener); // cancelled during its bootstrap: that begins anew and needs no lease
                return;
            }
            ActionListener<Set<String>> timed = ListenerTimeouts.wrapWithTimeout(services.threadPool(), ActionListener.wrap(present -> {
                for (int shard = 0; shard < leader.metadata().getNumberOfShards(); shard++) {
                    if (present.contains(leases.id(request.follower(), shard)) == false) {
                        leasesGone(request, listener);
                        return;
                    }
                }
                restart(request, record, leader, listener);
            }, listener::onFailure), request.timeout(), ThreadPool.Names.GENERIC, "look at the leader's leases");
            leases.probe(services.clients().leader(record.alias(), record.roles()), record.leader(), timed);
        }

        /** The record tells it, too: whoever looks at the status next should not have to try a resume to learn it. */
        private void leasesGone(Request request, ActionListener<AcknowledgedResponse> listener) {
            String text = "Retention lease doesn't exist. Replication can't be resumed for " + request.follower();
            String advice = text + ". Stop the replication, delete the index and start it again.";
            services.store().update(
                request.follower(),
                record -> record.state() == OverallState.PAUSED ? record.with(OverallState.PAUSED, advice) : null,
                ActionListener.wrap(
                    noted -> listener.onFailure(new ResourceNotFoundException(text)),
                    e -> listener.onFailure(new ResourceNotFoundException(text))
                )
            );
        }

        /** PAUSED stands in the cluster state a moment before the last task of the replication has ended. */
        private void restart(Request request, FollowRecord record, LeaderIndex leader, ActionListener<AcknowledgedResponse> listener) {
            services.tasks()
                .endAll(request.follower(), ActionListener.wrap(ended -> begin(request, record, leader, listener), listener::onFailure));
        }

        private void begin(Request request, FollowRecord record, LeaderIndex leader, ActionListener<AcknowledgedResponse> listener) {
            IndexFollowParams params = new IndexFollowParams(record.alias(), leader.metadata().getIndex(), request.follower());
            services.store().put(
                record.with(OverallState.RUNNING, FollowRecord.USER_INITIATED),
                ActionListener.wrap(
                    stored -> change(
                        request,
                        StateAction.Request.run(params),
                        ActionListener.wrap(started -> await(request, listener), listener::onFailure)
                    ),
                    listener::onFailure
                )
            );
        }

        private void await(Request request, ActionListener<AcknowledgedResponse> listener) {
            TaskReached reached = new TaskReached(Set.of(Phase.FOLLOWING));
            services.tasks().await(request.follower(), reached, request.timeout(), ActionListener.wrap(task -> {
                if (task == null) {
                    throw new OpenSearchException("Replication of [" + request.follower() + "] could not be resumed, see its status");
                }
                listener.onResponse(new AcknowledgedResponse(true));
            }, listener::onFailure));
        }
    }
}
