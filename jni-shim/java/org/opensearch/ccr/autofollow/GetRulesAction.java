package org.opensearch.ccr.autofollow;

import org.opensearch.ResourceNotFoundException;
import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.ccr.common.EveryNode;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.state.Rule;
import org.opensearch.ccr.status.FollowerLists;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.regex.Regex;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.tasks.Task;
import org.opensearch.transport.TransportService;
import org.opensearch.transport.client.Client;

import java.io.IOException;
import java.util.List;

/** Shows rules with what came of them, to each caller for the indices that {@link RuleSight} lets it see. */
public final class GetRulesAction extends ActionType<GetRulesAction.Response> {

    public static final String NAME = "cluster:admin/plugins/replication/autofollow/get";
    public static final GetRulesAction INSTANCE = new GetRulesAction();

    private GetRulesAction() {
        super(NAME, Response::new);
    }

    public static final class Request extends ActionRequest {
        private final String alias;
        private final String pattern;

        /**
         * @param alias   null for every one
         * @param pattern of rule names; one without a wildcard must exist
         */
        public Request(String alias, String pattern) {
            this.alias = alias;
            this.pattern = pattern;
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            alias = in.readOptionalString();
            pattern = in.readString();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeOptionalString(alias);
            out.writeString(pattern);
        }

        @Override
        public ActionRequestValidationException validate() {
            return null;
        }

        private boolean means(Rule rule) {
            return Regex.simpleMatch(pattern, rule.name()) && (alias == null || alias.equals(rule.alias()));
        }
    }

    public static final class Response extends ActionResponse implements ToXContentObject {
        private final List<RuleReport> reports;

        Response(List<RuleReport> reports) {
            this.reports = reports;
        }

        public Response(StreamInput in) throws IOException {
            super(in);
            reports = in.readList(RuleReport::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeList(reports);
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            builder.startObject().startArray("rules");
            for (RuleReport report : reports) {
                report.writeWhole(builder);
            }
            return builder.endArray().endObject();
        }
    }

    public static final class Transport extends HandledTransportAction<Request, Response> {

        private final RoleClients clients;
        private final Client node;
        private final FollowerLists lists;

        @Inject
        public Transport(TransportService transport, ActionFilters filters, RoleClients clients, Client node, FollowerLists lists) {
            super(NAME, transport, filters, Request::new);
            this.clients = clients;
            this.node = node;
            this.lists = lists;
        }

        @Override
        protected void doExecute(Task task, Request request, ActionListener<Response> listener) {
            clients.plugin().execute(ProgressAction.INSTANCE, new EveryNode(), ActionListener.wrap(answer -> {
                List<RuleReport> meant = answer.reports().stream().filter(report -> request.means(report.rule())).toList();
                if (meant.isEmpty() && Regex.isSimpleMatchPattern(request.pattern) == false) {
                    throw new ResourceNotFoundException(
                        "no auto-follow rule [" + request.pattern + "]"
                            + (request.alias == null ? "" : " for leader_alias [" + request.alias + "]")
                    );
                }
                RuleSight.limit(lists, node, meant, ActionListener.map(listener, Response::new));
            }, listener::onFailure));
        }
    }
}
