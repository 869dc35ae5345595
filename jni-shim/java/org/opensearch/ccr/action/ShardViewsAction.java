package org.opensearch.ccr.action;

import org.apache.lucene.store.AlreadyClosedException;
import org.opensearch.action.ActionType;
import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.nodes.BaseNodeResponse;
import org.opensearch.action.support.nodes.BaseNodesRequest;
import org.opensearch.action.support.nodes.BaseNodesResponse;
import org.opensearch.action.support.nodes.TransportNodesAction;
import org.opensearch.ccr.follower.ShardFollowTasks;
import org.opensearch.ccr.follower.ShardStatus;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.cluster.routing.RecoverySource;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.Index;
import org.opensearch.index.IndexService;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.indices.IndicesService;
import org.opensearch.indices.recovery.RecoveryState;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.TransportRequest;
import org.opensearch.transport.TransportService;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Asks nodes how the primaries of a follower index stand there, copies and tasks. */
public final class ShardViewsAction extends ActionType<ShardViewsAction.Response> {

    static final String NAME = "internal:indices/admin/plugins/replication/index/shards";
    static final ShardViewsAction INSTANCE = new ShardViewsAction();

    private ShardViewsAction() {
        super(NAME, Response::new);
    }

    static final class Request extends BaseNodesRequest<Request> {
        private final Index follower;

        Request(Index follower, String... nodes) {
            super(nodes);
            this.follower = follower;
        }

        Request(StreamInput in) throws IOException {
            super(in);
            follower = new Index(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            follower.writeTo(out);
        }
    }

    static final class NodeRequest extends TransportRequest {
        private final Index follower;

        NodeRequest(Index follower) {
            this.follower = follower;
        }

        NodeRequest(StreamInput in) throws IOException {
            super(in);
            follower = new Index(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            follower.writeTo(out);
        }
    }

    static final class NodeResponse extends BaseNodeResponse {
        private final List<ShardView> views;

        NodeResponse(DiscoveryNode node, List<ShardView> views) {
            super(node);
            this.views = views;
        }

        NodeResponse(StreamInput in) throws IOException {
            super(in);
            views = in.readList(ShardView::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeList(views);
        }
    }

    static final class Response extends BaseNodesResponse<NodeResponse> {
        Response(ClusterName name, List<NodeResponse> nodes, List<FailedNodeException> failures) {
            super(name, nodes, failures);
        }

        Response(StreamInput in) throws IOException {
            super(in);
        }

        @Override
        protected List<NodeResponse> readNodesFrom(StreamInput in) throws IOException {
            return in.readList(NodeResponse::new);
        }

        @Override
        protected void writeNodesTo(StreamOutput out, List<NodeResponse> nodes) throws IOException {
            out.writeList(nodes);
        }

        List<ShardView> views() {
            return getNodes().stream().flatMap(node -> node.views.stream()).toList();
        }
    }

    public static final class Transport extends TransportNodesAction<Request, Response, NodeRequest, NodeResponse> {
        private final IndicesService indices;
        private final ShardFollowTasks tasks;

        @Inject
        public Transport(
            ThreadPool threadPool,
            ClusterService clusterService,
            TransportService transportService,
            ActionFilters filters,
            IndicesService indices,
            ShardFollowTasks tasks
        ) {
            super(
                NAME,
                threadPool,
                clusterService,
                transportService,
                filters,
                Request::new,
                NodeRequest::new,
                ThreadPool.Names.MANAGEMENT,
                NodeResponse.class
            );
            this.indices = indices;
            this.tasks = tasks;
        }

        @Override
        protected Response newResponse(Request request, List<NodeResponse> nodes, List<FailedNodeException> failures) {
            return new Response(clusterService.getClusterName(), nodes, failures);
        }

        @Override
        protected NodeRequest newNodeRequest(Request request) {
            return new NodeRequest(request.follower);
        }

        @Override
        protected NodeResponse newNodeResponse(StreamInput in) throws IOException {
            return new NodeResponse(in);
        }

        @Override
        protected NodeResponse nodeOperation(NodeRequest request) {
            List<ShardView> views = new ArrayList<>();
            IndexService index = indices.indexService(request.follower);
            if (index != null) {
                for (IndexShard shard : index) {
                    ShardView view = shard.routingEntry().primary() ? view(shard) : null;
                    if (view != null) {
                        views.add(view);
                    }
                }
            }
            return new NodeResponse(clusterService.localNode(), views);
        }

        /** Null when the shard has nothing to say yet, or no more. */
        private ShardView view(IndexShard shard) {
            RecoveryState recovery = shard.recoveryState();
            if (recovery != null
                && recovery.getRecoverySource().getType() == RecoverySource.Type.SNAPSHOT
                && recovery.getStage() != RecoveryState.Stage.DONE) {
                return new ShardView(shard.shardId(), ShardView.Restore.of(recovery), null, null);
            }
            if (shard.routingEntry().active() == false || shard.routingEntry().isRelocationTarget()) {
                return null;
            }
            ShardStatus follow = tasks.status(shard.shardId());
            try {
                ShardView.Syncing syncing = follow == null
                    ? unfollowed(shard)
                    : new ShardView.Syncing(follow.leaderCheckpoint(), follow.followerCheckpoint(), follow.seqNo());
                return new ShardView(shard.shardId(), null, syncing, follow);
            } catch (AlreadyClosedException e) {
                return null;
            }
        }

        /** What we have, the leader had: the best that is known before the shard's task has asked. */
        private static ShardView.Syncing unfollowed(IndexShard shard) {
            long synced = shard.getLastSyncedGlobalCheckpoint();
            return new ShardView.Syncing(synced, synced, shard.getLocalCheckpoint() + 1);
        }
    }
}
