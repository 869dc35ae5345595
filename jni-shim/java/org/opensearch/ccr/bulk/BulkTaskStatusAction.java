package org.opensearch.ccr.bulk;

import org.opensearch.action.ActionType;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;

/** {@code _task_status}: how far a bulk task has come, also for a while after its end. */
public final class BulkTaskStatusAction extends ActionType<BulkTaskStatusAction.Response> {

    public static final String NAME = "cluster:admin/plugins/replication/bulk/task/status";
    public static final BulkTaskStatusAction INSTANCE = new BulkTaskStatusAction();

    private BulkTaskStatusAction() {
        super(NAME, Response::new);
    }

    public static final class Response extends ActionResponse implements ToXContentObject {
        private final BulkProgress progress;

        Response(BulkProgress progress) {
            this.progress = progress;
        }

        Response(StreamInput in) throws IOException {
            progress = new BulkProgress(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            progress.writeTo(out);
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            return progress.toXContent(builder, params);
        }
    }

    public static final class Transport extends BulkTaskTransport<Response> {
        @Inject
        public Transport(Services services) {
            super(NAME, services, Response::new);
        }

        @Override
        protected Response here(long task) {
            BulkProgress progress = services.tasks().progress(task);
            return progress == null ? null : new Response(progress);
        }

        @Override
        protected Response remembered(BulkProgress progress) {
            return new Response(progress);
        }

        @Override
        protected void limit(Response answer, ActionListener<Response> listener) {
            services.rights().limit(answer.progress, ActionListener.map(listener, Response::new));
        }
    }
}
