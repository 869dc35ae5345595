package org.opensearch.ccr.state;

import org.opensearch.OpenSearchStatusException;
import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.metadata.ManagerTransport;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.metadata.ShardMark;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ClusterStateTaskExecutor;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.persistent.PersistentTasksCustomMetadata;

import java.io.IOException;
import java.util.List;
import java.util.Objects;

/** Changes one entry of {@link ReplicationStates}, and starts its task. Changes that come together are one cluster-state update. */
public final class StateAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "internal:cluster:admin/plugins/replication/index/state";
    public static final StateAction INSTANCE = new StateAction();

    private StateAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Request extends AcknowledgedRequest<Request> {
        private final String follower;
        private final OverallState state;
        private final String alias;
        private final ErrorClass cause;
        private final IndexFollowParams task;
        /** The state it has to be in; null for any, or none at all. */
        private final OverallState from;
        private List<ShardMark> marks = List.of();

        private Request(
            String follower,
            OverallState from,
            OverallState state,
            String alias,
            ErrorClass cause,
            IndexFollowParams task
        ) {
            this.follower = follower;
            this.from = from;
            this.state = state;
            this.alias = alias;
            this.cause = cause;
            this.task = task;
        }

        /**
         * From one state to another, for a cause. Fails with 409 when it is in another one by then, or was stopped: what was
         * decided by what the state was is not done to what it is.
         *
         * @param cause the error that led to this state; NONE for a person
         */
        public static Request move(String follower, OverallState from, OverallState to, String alias, ErrorClass cause) {
            return new Request(follower, Objects.requireNonNull(from), to, alias, cause, null);
        }

        /** @param known what is to be remembered of the shards */
        public Request marks(List<ShardMark> known) {
            marks = known;
            return this;
        }

        public static Request remove(String follower) {
            return new Request(follower, null, null, "", ErrorClass.ERROR_NONE, null);
        }

        /**
         * RUNNING, together with the index task that runs it, so that there is never one without the other. Fails with
         * {@link ResourceAlreadyExistsException} when the index has a task.
         */
        public static Request run(IndexFollowParams task) {
            return new Request(task.follower(), null, OverallState.RUNNING, task.alias(), ErrorClass.ERROR_NONE, task);
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            follower = in.readString();
            from = in.readBoolean() ? in.readEnum(OverallState.class) : null;
            state = in.readBoolean() ? in.readEnum(OverallState.class) : null;
            alias = in.readString();
            cause = in.readEnum(ErrorClass.class);
            task = in.readOptionalWriteable(IndexFollowParams::new);
            marks = in.readList(ShardMark::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(follower);
            write(out, from);
            write(out, state);
            out.writeString(alias);
            out.writeEnum(cause);
            out.writeOptionalWriteable(task);
            out.writeList(marks);
        }

        private static void write(StreamOutput out, OverallState optional) throws IOException {
            out.writeBoolean(optional != null);
            if (optional != null) {
                out.writeEnum(optional);
            }
        }

        @Override
        public ActionRequestValidationException validate() {
            return null;
        }

        /** Null when it may be done. */
        private Exception refusal(ReplicationStates states, PersistentTasksCustomMetadata.Builder persistent) {
            if (from != null && states.is(follower, from) == false) {
                ReplicationStates.Entry entry = states.get(follower);
                String is = entry == null ? "was stopped" : "is " + entry.state();
                return new OpenSearchStatusException("[" + follower + "] " + is + " by now, not " + from + " any more", RestStatus.CONFLICT);
            }
            String id = FollowTasks.indexTaskId(follower);
            if (task != null && persistent.hasTask(id)) {
                return new ResourceAlreadyExistsException("task with id {" + id + "} already exist");
            }
            return null;
        }

        private ReplicationStates.Entry entry() {
            return state == null ? null : new ReplicationStates.Entry(state, alias, cause, System.currentTimeMillis(), marks);
        }
    }

    public static final class Transport extends ManagerTransport<Request, AcknowledgedResponse> {

        private final Changes executor = new Changes();

        @Inject
        public Transport(Services services) {
            super(NAME, services, Request::new, AcknowledgedResponse::new);
        }

        @Override
        protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            update("replication-state [" + request.follower + "]", request, executor, listener);
        }
    }

    /** The cluster-state update itself, of all requests that came together. */
    static final class Changes implements ClusterStateTaskExecutor<Request> {
        @Override
        public ClusterTasksResult<Request> execute(ClusterState current, List<Request> tasks) {
            ReplicationStates states = ReplicationStates.of(current);
            RuleSet rules = RuleSet.of(current);
            PersistentTasksCustomMetadata had = current.metadata().custom(PersistentTasksCustomMetadata.TYPE);
            PersistentTasksCustomMetadata.Builder persistent = PersistentTasksCustomMetadata.builder(had);
            ClusterTasksResult.Builder<Request> result = ClusterTasksResult.builder();
            for (Request request : tasks) {
                Exception refusal = request.refusal(states, persistent);
                if (refusal != null) {
                    result.failure(request, refusal);
                    continue;
                }
                if (request.task != null) {
                    // The persistent tasks' own service places it as soon as it sees it.
                    String id = FollowTasks.indexTaskId(request.follower);
                    persistent.addTask(id, FollowTasks.INDEX_TASK, request.task, PersistentTasksCustomMetadata.INITIAL_ASSIGNMENT);
                    rules = rules.started(request.follower);
                } else if (request.state == null) {
                    rules = rules.withdrawn(current, request.follower);
                }
                states = states.with(request.follower, request.entry());
                result.success(request);
            }
            Metadata.Builder metadata = Metadata.builder(current.metadata());
            if (states != ReplicationStates.of(current)) {
                metadata.putCustom(ReplicationStates.TYPE, states);
            } else if (persistent.isChanged() == false) {
                return result.build(current);
            }
            if (rules != RuleSet.of(current)) {
                metadata.putCustom(RuleSet.TYPE, rules);
            }
            if (persistent.isChanged()) {
                metadata.putCustom(PersistentTasksCustomMetadata.TYPE, persistent.build());
            }
            return result.build(ClusterState.builder(current).metadata(metadata).build());
        }
    }
}
