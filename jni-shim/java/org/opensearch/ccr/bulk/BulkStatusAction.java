package org.opensearch.ccr.bulk;

import org.opensearch.ExceptionsHelper;
import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.ccr.index.Reasons;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.status.StatusAction;
import org.opensearch.ccr.status.StatusForm;
import org.opensearch.ccr.status.StatusResponse;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportService;
import org.opensearch.transport.client.Client;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code _bulk_status}: the status of every replication whose follower index matches a pattern, as the caller may see it. */
public final class BulkStatusAction extends ActionType<BulkStatusAction.Response> {

    public static final String NAME = "cluster:admin/plugins/replication/bulk/status";
    public static final BulkStatusAction INSTANCE = new BulkStatusAction();

    private BulkStatusAction() {
        super(NAME, Response::new);
    }

    public static final class Request extends ActionRequest {
        private final String pattern;

        public Request(String pattern) {
            this.pattern = pattern;
        }

        Request(StreamInput in) throws IOException {
            super(in);
            pattern = in.readOptionalString();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeOptionalString(pattern);
        }

        @Override
        public ActionRequestValidationException validate() {
            String wrong = BulkRequest.wrong(pattern);
            if (wrong == null) {
                return null;
            }
            ActionRequestValidationException error = new ActionRequestValidationException();
            error.addValidationError(wrong);
            return error;
        }
    }

    /** @param error why there is no status, null when there is one */
    private record One(String index, StatusResponse status, String error) implements Writeable {
        static One read(StreamInput in) throws IOException {
            return new One(in.readString(), in.readOptionalWriteable(StatusResponse::new), in.readOptionalString());
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeString(index);
            out.writeOptionalWriteable(status);
            out.writeOptionalString(error);
        }
    }

    public static final class Response extends ActionResponse implements ToXContentObject {
        private final Map<String, One> indices = new TreeMap<>();

        private Response(Iterable<One> all) {
            all.forEach(one -> {
                if (one != null) {
                    indices.put(one.index, one);
                }
            });
        }

        Response(StreamInput in) throws IOException {
            this(in.readList(One::read));
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeCollection(indices.values());
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            builder.startObject().startObject("indices");
            for (One one : indices.values()) {
                builder.field(one.index);
                if (one.status != null) {
                    one.status.toXContent(builder, params);
                } else {
                    builder.startObject().field("status", one.error).endObject();
                }
            }
            return builder.endObject().endObject();
        }
    }

    public static final class Transport extends HandledTransportAction<Request, Response> {
        private final ClusterService clusterService;
        private final Client node;

        @Inject
        public Transport(TransportService transport, ActionFilters filters, ClusterService clusterService, Client node) {
            super(NAME, transport, filters, Request::new, ThreadPool.Names.GENERIC);
            this.clusterService = clusterService;
            this.node = node;
        }

        @Override
        protected void doExecute(Task task, Request request, ActionListener<Response> listener) {
            List<String> names = ReplicationStates.of(clusterService.state())
                .entries()
                .keySet()
                .stream()
                .filter(name -> BulkRequest.matches(request.pattern, name))
                .toList();
            if (names.isEmpty()) {
                listener.onResponse(new Response(List.of()));
                return;
            }
            GroupedActionListener<One> all = new GroupedActionListener<>(ActionListener.map(listener, Response::new), names.size());
            for (String name : names) {
                ActionListener<StatusResponse> one = ActionListener.wrap(
                    status -> all.onResponse(new One(name, status, null)),
                    // whoever may not ask for it learns of no such index either
                    e -> all.onResponse(ExceptionsHelper.status(e) == RestStatus.FORBIDDEN ? null : new One(name, null, Reasons.of(e)))
                );
                try {
                    node.execute(StatusAction.INSTANCE, new StatusAction.Request(name, StatusForm.CONTRACT), one);
                } catch (Exception e) {
                    one.onFailure(e);
                }
            }
        }
    }
}
