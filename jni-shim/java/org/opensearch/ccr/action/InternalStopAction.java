package org.opensearch.ccr.action;

import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;

import java.io.IOException;

/**
 * {@code _stop} for other plugins of the node: Index State Management calls it for its action {@code stop_replication}. Their
 * request is of a class of their own loader with the same bytes as ours, so it is written and read again.
 */
public final class InternalStopAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "indices:internal/plugins/replication/index/stop";
    public static final InternalStopAction INSTANCE = new InternalStopAction();

    private InternalStopAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    /** The same request, of our class. Fails when its bytes are those of something else. */
    static StopAction.Request ours(ActionRequest request) throws IOException {
        if (request instanceof StopAction.Request ours) {
            return ours;
        }
        try (BytesStreamOutput out = new BytesStreamOutput()) {
            request.writeTo(out);
            try (StreamInput in = out.bytes().streamInput()) {
                return new StopAction.Request(in);
            }
        }
    }

    public static final class Transport extends HandledTransportAction<ActionRequest, AcknowledgedResponse> {

        private final FollowerServices services;

        @Inject
        public Transport(FollowerServices services) {
            super(NAME, services.transport(), services.filters(), StopAction.Request::new, ThreadPool.Names.GENERIC);
            this.services = services;
        }

        @Override
        protected void doExecute(Task task, ActionRequest request, ActionListener<AcknowledgedResponse> listener) {
            StopAction.Request stop;
            try {
                stop = ours(request);
            } catch (IOException | RuntimeException e) {
                listener.onFailure(new IllegalArgumentException("not a request to stop a replication: " + request, e));
                return;
            }
            services.clients().plugin().execute(StopAction.INSTANCE, stop, listener);
        }
    }
}
