package org.opensearch.ccr.status;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.ccr.common.FollowerRequest;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import java.io.IOException;
import java.util.List;

/** {@code _status} of one index. Its permission also decides what a caller sees of that index in lists and metrics. */
public final class StatusAction extends ActionType<StatusResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/status_check";
    public static final StatusAction INSTANCE = new StatusAction();

    private StatusAction() {
        super(NAME, StatusResponse::new);
    }

    public static final class Request extends FollowerRequest<Request> {
        private final StatusForm form; // null asks nothing: whoever gets an answer may ask

        public Request(String follower, StatusForm form) {
            super(follower);
            this.form = form;
        }

        /** Is answered at once, with nothing, when the caller may know the status of this index; else refused as any other. */
        static Request mayKnow(String follower) {
            return new Request(follower, (StatusForm) null);
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            form = in.readOptionalWriteable(StatusForm::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeOptionalWriteable(form);
        }

        @Override
        public ActionRequestValidationException validate() {
            if (follower().isBlank() == false) {
                return null;
            }
            ActionRequestValidationException error = new ActionRequestValidationException();
            error.addValidationError("Index name must be specified to obtain replication status");
            return error;
        }
    }

    public static final class Transport extends HandledTransportAction<Request, StatusResponse> {

        private final StatusReader reader;

        @Inject
        public Transport(TransportService transport, ActionFilters filters, StatusReader reader) {
            super(NAME, transport, filters, Request::new, ThreadPool.Names.SAME);
            this.reader = reader;
        }

        @Override
        protected void doExecute(Task task, Request request, ActionListener<StatusResponse> listener) {
            if (request.form == null) {
                listener.onResponse(StatusResponse.NOT_IN_PROGRESS);
                return;
            }
            reader.read(
                List.of(request.follower()),
                request.form,
                ActionListener.map(listener, answers -> answers.get(request.follower()))
            );
        }
    }
}
