package org.opensearch.ccr.bulk;

import org.opensearch.action.ActionType;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;

import java.io.IOException;

/** {@code _bulk_start}, {@code _bulk_stop}, {@code _bulk_pause}, {@code _bulk_resume}: answer at once, with the task that does it. */
public final class BulkAction extends ActionType<BulkAction.Response> {

    private BulkAction(BulkVerb verb) {
        super(verb.actionName(), Response::new);
    }

    private static final BulkAction START = new BulkAction(BulkVerb.START);
    private static final BulkAction STOP = new BulkAction(BulkVerb.STOP);
    private static final BulkAction PAUSE = new BulkAction(BulkVerb.PAUSE);
    private static final BulkAction RESUME = new BulkAction(BulkVerb.RESUME);

    public static BulkAction of(BulkVerb verb) {
        return switch (verb) {
            case START -> START;
            case STOP -> STOP;
            case PAUSE -> PAUSE;
            case RESUME -> RESUME;
        };
    }

    public static final class Response extends ActionResponse implements ToXContentObject {
        private final TaskId task;

        Response(TaskId task) {
            this.task = task;
        }

        Response(StreamInput in) throws IOException {
            task = TaskId.readFromStream(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            task.writeTo(out);
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            return builder.startObject().field("acknowledged", true).field("task_id", task.toString()).endObject();
        }
    }

    /** The same for each verb; the Security plugin tells them apart by their names. */
    abstract static class Transport extends HandledTransportAction<BulkRequest, Response> {
        private final BulkService service;

        Transport(BulkVerb verb, TransportService transport, ActionFilters filters, BulkService service) {
            super(verb.actionName(), transport, filters, BulkRequest::new, ThreadPool.Names.GENERIC);
            this.service = service;
        }

        @Override
        protected final void doExecute(Task task, BulkRequest request, ActionListener<Response> listener) {
            service.begin(request, taskManager, ActionListener.map(listener, Response::new));
        }
    }

    public static final class Start extends Transport {
        @Inject
        public Start(TransportService transport, ActionFilters filters, BulkService service) {
            super(BulkVerb.START, transport, filters, service);
        }
    }

    public static final class Stop extends Transport {
        @Inject
        public Stop(TransportService transport, ActionFilters filters, BulkService service) {
            super(BulkVerb.STOP, transport, filters, service);
        }
    }

    public static final class Pause extends Transport {
        @Inject
        public Pause(TransportService transport, ActionFilters filters, BulkService service) {
            super(BulkVerb.PAUSE, transport, filters, service);
        }
    }

    public static final class Resume extends Transport {
        @Inject
        public Resume(TransportService transport, ActionFilters filters, BulkService service) {
            super(BulkVerb.RESUME, transport, filters, service);
        }
    }
}
