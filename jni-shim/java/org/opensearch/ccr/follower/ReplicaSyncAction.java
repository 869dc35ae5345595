package org.opensearch.ccr.follower;

import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionRunnable;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.indices.IndicesService;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import java.io.IOException;

/** {@link ReplicaSync} of a primary on this node, for those who can have nothing injected. */
public final class ReplicaSyncAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "internal:indices/plugins/replication/shard/replicas";
    public static final ReplicaSyncAction INSTANCE = new ReplicaSyncAction();

    private ReplicaSyncAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Request extends ActionRequest {
        private final ShardId shard;

        Request(ShardId shard) {
            this.shard = shard;
        }

        Request(StreamInput in) throws IOException {
            super(in);
            shard = new ShardId(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            shard.writeTo(out);
        }

        @Override
        public ActionRequestValidationException validate() {
            return null;
        }
    }

    /** Fails when the shard is not here, or not as a primary. */
    public static final class Transport extends HandledTransportAction<Request, AcknowledgedResponse> {
        private final IndicesService indices;
        private final ThreadPool threadPool;
        private final ReplicaSync replicas;

        @Inject
        public Transport(
            TransportService transport,
            ActionFilters filters,
            IndicesService indices,
            ThreadPool threadPool,
            ReplicaSync replicas
        ) {
            super(NAME, transport, filters, Request::new);
            this.indices = indices;
            this.threadPool = threadPool;
            this.replicas = replicas;
        }

        @Override
        protected void doExecute(Task task, Request request, ActionListener<AcknowledgedResponse> listener) {
            ActionListener<Void> done = ActionListener.map(listener, synced -> new AcknowledgedResponse(true));
            // It reads operations, and the caller may be applying a cluster state.
            threadPool.generic().execute(ActionRunnable.wrap(done, synced -> {
                IndexShard primary = indices.indexServiceSafe(request.shard.getIndex()).getShard(request.shard.id());
                replicas.run(primary, synced);
            }));
        }
    }
}
