package org.opensearch.ccr.action;

import org.opensearch.OpenSearchException;
import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.common.FollowerRequest;
import org.opensearch.ccr.index.HalfMade;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.leader.LeaderShardInfo;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.state.IndexFollowParams;
import org.opensearch.ccr.state.IndexFollowState.Phase;
import org.opensearch.ccr.state.StateAction;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.ParseField;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ObjectParser;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.env.Environment;
import org.opensearch.threadpool.ThreadPool;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * {@code _resume}: looks whether the leader still has what is missing here, then starts the index task again. When it has not, and
 * {@code force_resume} is given, the task first makes the follower a copy of the leader again.
 */
public final class ResumeAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/resume";
    public static final ResumeAction INSTANCE = new ResumeAction();

    private ResumeAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Request extends FollowerRequest<Request> {
        private static final ObjectParser<Request, Void> PARSER = new ObjectParser<>("resume_replication");

        static {
            PARSER.declareBoolean((request, value) -> request.force = value, new ParseField("force_resume"));
        }

        private boolean force;

        public Request(String follower) {
            super(follower);
        }

        /** Reads the body. @throws org.opensearch.core.xcontent.XContentParseException on an unknown field or a wrong type */
        public static Request fromXContent(XContentParser parser, String follower) throws IOException {
            return PARSER.parse(parser, new Request(follower), null);
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            force = in.readBoolean();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeBoolean(force);
        }

        /** Whether the follower is copied anew when the leader no longer has what it needs. */
        public boolean force() {
            return force;
        }

        public Request force(boolean whether) {
            force = whether;
            return this;
        }
    }

    public static final class Transport extends FollowerTransport<Request> {

        private final LostHistory history;
        private final Environment environment;

        @Inject
        public Transport(FollowerServices services, LostHistory history, Environment environment) {
            super(NAME, services, Request::new);
            this.history = history;
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
            leader.ensureReadable();
            leader.ensureNoLoop(services.cluster().state(), request.follower());
            AnalysisFiles.ensureReadable(environment, leader.metadata().getSettings(), record.settings());
            ClusterState state = services.cluster().state();
            IndexMetadata follower = state.metadata().index(request.follower());
            if (follower == null) {
                // Cancelled during its bootstrap: that begins anew and needs no lease.
                restart(request, record, leader, false, listener);
                return;
            }
            if (HalfMade.is(state, request.follower())) {
                // Nothing here could be lost by copying it again.
                restart(request, record, leader, true, listener);
                return;
            }
            ActionListener<Map<Integer, LeaderShardInfo>> timed = ListenerTimeouts.wrapWithTimeout(
                services.threadPool(),
                ActionListener.wrap(shards -> {
                    boolean lost = history.isLost(state, follower, shards);
                    if (lost && request.force() == false) {
                        historyGone(request, listener);
                    } else {
                        restart(request, record, leader, lost, listener);
                    }
                }, listener::onFailure),
                request.timeout(),
                ThreadPool.Names.GENERIC,
                "look at the leader's leases"
            );
            LeaderLeases.describe(services.clients().leader(record.alias(), record.roles()), record.leader(), timed);
        }

        /** The record tells it, too: whoever looks at the status next should not have to try a resume to learn it. */
        private void historyGone(Request request, ActionListener<AcknowledgedResponse> listener) {
            String text = LostHistory.text(request.follower());
            services.store().update(
                request.follower(),
                record -> record.state() == OverallState.PAUSED ? record.with(OverallState.PAUSED, text) : null,
                ActionListener.wrap(
                    noted -> listener.onFailure(new ResourceNotFoundException(text)),
                    e -> listener.onFailure(new ResourceNotFoundException(text))
                )
            );
        }

        /** PAUSED stands in the cluster state a moment before the last task of the replication has ended. */
        private void restart(
            Request request,
            FollowRecord record,
            LeaderIndex leader,
            boolean rebuild,
            ActionListener<AcknowledgedResponse> listener
        ) {
            IndexFollowParams params = new IndexFollowParams(record.alias(), leader.metadata().getIndex(), request.follower(), rebuild);
            services.tasks()
                .endAll(request.follower(), ActionListener.wrap(ended -> begin(request, record, params, listener), listener::onFailure));
        }

        /** The cluster state first: when that cannot be changed, nothing was done, and the record still says why it is paused. */
        private void begin(
            Request request,
            FollowRecord record,
            IndexFollowParams params,
            ActionListener<AcknowledgedResponse> listener
        ) {
            change(
                request,
                StateAction.Request.run(params),
                ActionListener.wrap(
                    started -> noteThatItRuns(
                        request,
                        record.reason(),
                        ActionListener.wrap(noted -> await(request, params.rebuild(), listener), listener::onFailure)
                    ),
                    listener::onFailure
                )
            );
        }

        /** Leaves alone what the new task, or the next person, has written meanwhile. */
        private void noteThatItRuns(Request request, String reasonBefore, ActionListener<Optional<FollowRecord>> listener) {
            services.store().update(
                request.follower(),
                record -> record.state() == OverallState.PAUSED
                    && record.reason().equals(reasonBefore)
                    && ReplicationStates.of(services.cluster().state()).is(request.follower(), OverallState.RUNNING)
                        ? record.with(OverallState.RUNNING, FollowRecord.USER_INITIATED)
                        : null,
                listener
            );
        }

        private void await(Request request, boolean rebuild, ActionListener<AcknowledgedResponse> listener) {
            // Copying takes as long as it takes: its status tells how far it has come.
            Set<Phase> enough = rebuild ? Set.of(Phase.RESTORING, Phase.HELD, Phase.INIT_FOLLOW, Phase.FOLLOWING) : Set.of(Phase.FOLLOWING);
            TaskReached reached = new TaskReached(enough);
            services.tasks().await(request.follower(), reached, request.timeout(), ActionListener.wrap(task -> {
                if (task == null) {
                    throw new OpenSearchException("Replication of [" + request.follower() + "] could not be resumed, see its status");
                }
                listener.onResponse(new AcknowledgedResponse(true));
            }, listener::onFailure));
        }
    }
}
