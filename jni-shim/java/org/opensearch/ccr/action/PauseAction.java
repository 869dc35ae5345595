package org.opensearch.ccr.action;

import org.opensearch.OpenSearchTimeoutException;
import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.common.FollowerRequest;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.metadata.ShardMark;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.state.FollowTasks;
import org.opensearch.ccr.state.IndexFollowState.Phase;
import org.opensearch.ccr.state.StateAction;
import org.opensearch.ccr.status.StatusReader;
import org.opensearch.cluster.ClusterState;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.ParseField;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ObjectParser;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.threadpool.ThreadPool;

import java.io.IOException;
import java.util.List;

/** {@code _pause}: the tasks come to their end; the write block and the leader's leases stay. Answers when nothing is in flight. */
public final class PauseAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/pause";
    public static final PauseAction INSTANCE = new PauseAction();

    private PauseAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Request extends FollowerRequest<Request> {
        private static final ObjectParser<Request, Void> PARSER = new ObjectParser<>("pause_replication");

        static {
            PARSER.declareString((request, value) -> request.reason = value, new ParseField("reason"));
        }

        private String reason = FollowRecord.USER_INITIATED;

        public Request(String follower) {
            super(follower);
        }

        public Request reason(String why) {
            reason = why;
            return this;
        }

        /** Reads the body. @throws org.opensearch.core.xcontent.XContentParseException on an unknown field or a wrong type */
        public static Request fromXContent(XContentParser parser, String follower) throws IOException {
            return PARSER.parse(parser, new Request(follower), null);
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            reason = in.readString();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(reason);
        }
    }

    public static final class Transport extends FollowerTransport<Request> {

        private final StatusReader reader;

        @Inject
        public Transport(FollowerServices services, StatusReader reader) {
            super(NAME, services, Request::new);
            this.reader = reader;
        }

        @Override
        protected void run(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            ensurePausable(state, request.follower());
            services.store().get(request.follower(), ActionListener.wrap(found -> {
                FollowRecord record = found.orElseThrow(() -> Replicated.notInProgress(request.follower()));
                reader.of(request.follower(), ActionListener.wrap(marks -> pause(request, record, marks, listener), listener::onFailure));
            }, listener::onFailure));
        }

        /** The cluster state first: when that cannot be changed, nothing was done. The record tells why it is so. */
        private void pause(Request request, FollowRecord record, List<ShardMark> marks, ActionListener<AcknowledgedResponse> listener) {
            StateAction.Request pause = StateAction.Request.move(
                request.follower(),
                OverallState.RUNNING,
                OverallState.PAUSED,
                record.alias(),
                ErrorClass.ERROR_NONE
            );
            change(
                request,
                pause.marks(marks),
                ActionListener.wrap(
                    paused -> services.store()
                        .update(
                            request.follower(),
                            stored -> stored.with(OverallState.PAUSED, request.reason),
                            ActionListener.wrap(
                                stored -> services.tasks().endAll(request.follower(), inTime(request, listener)),
                                listener::onFailure
                            )
                        ),
                    listener::onFailure
                )
            );
        }

        /** The replication is paused; what its timeout bounds is the wait for work that is in flight: not acknowledged then. */
        private ActionListener<Void> inTime(Request request, ActionListener<AcknowledgedResponse> listener) {
            ActionListener<Void> ended = ActionListener.wrap(done -> listener.onResponse(new AcknowledgedResponse(true)), e -> {
                if (e instanceof OpenSearchTimeoutException) {
                    listener.onResponse(new AcknowledgedResponse(false));
                } else {
                    listener.onFailure(e);
                }
            });
            return ListenerTimeouts.wrapWithTimeout(
                services.threadPool(),
                ended,
                request.timeout(),
                ThreadPool.Names.GENERIC,
                "end of the tasks of " + request.follower()
            );
        }

        private static void ensurePausable(ClusterState state, String follower) {
            ReplicationStates.Entry entry = ReplicationStates.of(state).get(follower);
            if (entry == null) {
                throw Replicated.notInProgress(follower);
            }
            if (entry.state() == OverallState.PAUSED) {
                throw new ResourceAlreadyExistsException("Index " + follower + " is already paused");
            }
            if (entry.state() != OverallState.RUNNING) {
                throw new IllegalStateException("Cannot pause when in " + entry.state() + " state");
            }
            Phase phase = FollowTasks.phase(state, follower);
            if (phase == Phase.RESTORING || phase == Phase.HELD || phase == Phase.INIT && state.metadata().hasIndex(follower) == false) {
                throw new IllegalStateException(
                    "Index is in restore phase currently for index: " + follower + ". You can pause after restore completes."
                );
            }
        }
    }
}
