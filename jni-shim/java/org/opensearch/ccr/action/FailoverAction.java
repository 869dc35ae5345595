package org.opensearch.ccr.action;

import org.opensearch.OpenSearchStatusException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.ccr.common.FollowerRequest;
import org.opensearch.ccr.metadata.ShardMark;
import org.opensearch.ccr.status.StatusForm;
import org.opensearch.ccr.status.StatusReader;
import org.opensearch.ccr.status.StatusResponse;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.cluster.block.ClusterBlockLevel;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;

import java.io.IOException;
import java.util.List;

/**
 * {@code _failover} of one index: stops its replication and tells what the follower had of its leader. It is a right of its own,
 * which includes that to stop.
 */
public final class FailoverAction extends ActionType<FailoverResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/failover";
    public static final FailoverAction INSTANCE = new FailoverAction();

    private FailoverAction() {
        super(NAME, FailoverResponse::new);
    }

    public static final class Request extends FollowerRequest<Request> {
        public Request(String follower) {
            super(follower);
        }

        public Request(StreamInput in) throws IOException {
            super(in);
        }
    }

    public static final class Transport extends HandledTransportAction<Request, FailoverResponse> {

        private final FollowerServices services;
        private final StatusReader reader;
        private final StopAction.Transport stop;
        private final RememberedShards remembered;

        @Inject
        public Transport(FollowerServices services, StatusReader reader, StopAction.Transport stop) {
            super(NAME, services.transport(), services.filters(), Request::new, ThreadPool.Names.GENERIC);
            this.services = services;
            this.reader = reader;
            this.stop = stop;
            this.remembered = new RememberedShards(services);
        }

        @Override
        protected void doExecute(Task task, Request request, ActionListener<FailoverResponse> listener) {
            ClusterState state = services.cluster().state();
            ClusterBlockException block = state.blocks().globalBlockedException(ClusterBlockLevel.METADATA_WRITE);
            if (block != null) {
                throw block;
            }
            String follower = request.follower();
            if (state.metadata().hasIndex(follower)) {
                if (Replicated.halfRestored(state, follower)) {
                    throw nothingToPromote(follower);
                }
                failOver(request, state, listener);
                return;
            }
            services.store().get(follower, ActionListener.wrap(record -> {
                if (record.isEmpty() && Replicated.anyTrace(state, follower) == false) {
                    throw Replicated.notInProgress(follower);
                }
                throw nothingToPromote(follower);
            }, listener::onFailure));
        }

        private static OpenSearchStatusException nothingToPromote(String follower) {
            return new OpenSearchStatusException(
                "[{}] has no complete copy of its leader yet: there is nothing to promote. It is left as it is; _stop gives it up",
                RestStatus.CONFLICT,
                follower
            );
        }

        private void failOver(Request request, ClusterState state, ActionListener<FailoverResponse> listener) {
            String follower = request.follower();
            int shards = state.metadata().index(follower).getNumberOfShards();
            reader.read(List.of(follower), StatusForm.CONTRACT, ActionListener.wrap(found -> {
                StatusResponse before = found.get(follower);
                List<ShardMark> marks = StatusReader.marks(before.shards(), System.currentTimeMillis());
                if (marks.isEmpty()) {
                    remembered.of(
                        state,
                        follower,
                        ActionListener.wrap(known -> stop(request, shards, before, known, listener), listener::onFailure)
                    );
                } else {
                    stop(request, shards, before, marks, listener);
                }
            }, listener::onFailure));
        }

        private void stop(
            Request request,
            int shards,
            StatusResponse before,
            List<ShardMark> marks,
            ActionListener<FailoverResponse> listener
        ) {
            StopAction.Request stopping = new StopAction.Request(request.follower());
            stopping.timeout(request.timeout());
            stopping.clusterManagerNodeTimeout(request.clusterManagerNodeTimeout());
            stop.stop(
                stopping,
                services.cluster().state(),
                ActionListener.map(listener, promoted -> FailoverResponse.of(before, shards, marks, promoted))
            );
        }
    }
}
