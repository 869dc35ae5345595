package org.opensearch.ccr.action;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.ccr.action.StatusResponse.Word;
import org.opensearch.ccr.index.FollowTasks;
import org.opensearch.ccr.index.IndexFollowState.Phase;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.routing.IndexRoutingTable;
import org.opensearch.cluster.routing.ShardRouting;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.Index;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code _status}: asks the nodes of this cluster only, so it answers at once when the leader cannot. */
public final class StatusAction extends ActionType<StatusResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/status_check";
    public static final StatusAction INSTANCE = new StatusAction();
    private static final TimeValue PATIENCE = TimeValue.timeValueSeconds(10);

    private StatusAction() {
        super(NAME, StatusResponse::new);
    }

    public static final class Request extends FollowerRequest<Request> {
        private final boolean verbose;

        public Request(String follower, boolean verbose) {
            super(follower);
            this.verbose = verbose;
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            verbose = in.readBoolean();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeBoolean(verbose);
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

        private final FollowerServices services;

        @Inject
        public Transport(FollowerServices services) {
            super(NAME, services.transport(), services.filters(), Request::new, ThreadPool.Names.SAME);
            this.services = services;
        }

        @Override
        protected void doExecute(Task task, Request request, ActionListener<StatusResponse> listener) {
            ClusterState state = services.cluster().state();
            ReplicationStates.Entry entry = ReplicationStates.of(state).get(request.follower());
            if (entry == null) {
                listener.onResponse(StatusResponse.NOT_IN_PROGRESS);
                return;
            }
            services.store().get(request.follower(), ActionListener.wrap(record -> {
                if (record.isEmpty()) {
                    listener.onResponse(StatusResponse.NOT_IN_PROGRESS); // stopped a moment ago
                    return;
                }
                switch (entry.state()) {
                    case RUNNING -> running(request, state, record.get(), listener);
                    case PAUSED -> listener.onResponse(brief(Word.PAUSED, record.get()));
                    case FAILED -> listener.onResponse(brief(Word.FAILED, record.get()));
                    case STOPPED -> listener.onResponse(brief(Word.STOPPED, record.get()));
                }
            }, listener::onFailure));
        }

        private static StatusResponse brief(Word word, FollowRecord record) {
            return answer(word, record.reason(), record, List.of(), false);
        }

        private static StatusResponse answer(Word word, String reason, FollowRecord record, List<ShardView> shards, boolean verbose) {
            return new StatusResponse(word, reason, record.alias(), record.leader(), record.follower(), shards, verbose);
        }

        private void running(Request request, ClusterState state, FollowRecord record, ActionListener<StatusResponse> listener) {
            IndexMetadata index = state.metadata().index(request.follower());
            Word word = syncing(state, request.follower(), index) ? Word.SYNCING : Word.BOOTSTRAPPING;
            if (index == null) {
                listener.onResponse(answer(word, record.reason(), record, List.of(), request.verbose));
                return;
            }
            ShardViewsAction.Request ask = new ShardViewsAction.Request(index.getIndex(), primaryNodes(state, index.getIndex()));
            ask.timeout(PATIENCE);
            services.clients().plugin().execute(ShardViewsAction.INSTANCE, ask, ActionListener.wrap(answer -> {
                List<ShardView> views = perShard(answer.views());
                String trouble = Trouble.of(views);
                if (trouble == null && views.isEmpty() && word == Word.SYNCING) {
                    trouble = "No primary shard of the follower index is active";
                }
                listener.onResponse(answer(word, trouble == null ? record.reason() : trouble, record, views, request.verbose));
            }, listener::onFailure));
        }

        /** SYNCING means that every shard has its task and that a pause is possible. */
        private static boolean syncing(ClusterState state, String follower, IndexMetadata index) {
            Phase phase = FollowTasks.phase(state, follower);
            return phase == null ? index != null : phase == Phase.FOLLOWING;
        }

        private static String[] primaryNodes(ClusterState state, Index index) {
            IndexRoutingTable table = state.routingTable().index(index);
            if (table == null) {
                return new String[] { state.nodes().getLocalNodeId() };
            }
            String[] nodes = table.shards()
                .values()
                .stream()
                .map(shard -> shard.primaryShard())
                .filter(ShardRouting::assignedToNode)
                .map(ShardRouting::currentNodeId)
                .distinct()
                .toArray(String[]::new);
            // No name would mean every node.
            return nodes.length == 0 ? new String[] { state.nodes().getLocalNodeId() } : nodes;
        }

        private static List<ShardView> perShard(List<ShardView> views) {
            Map<Integer, ShardView> byShard = new TreeMap<>(Comparator.naturalOrder());
            views.forEach(view -> byShard.merge(view.shard().id(), view, (a, b) -> a.follow() != null ? a : b));
            return List.copyOf(byShard.values());
        }
    }
}
