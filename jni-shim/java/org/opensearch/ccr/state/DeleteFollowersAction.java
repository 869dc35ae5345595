package org.opensearch.ccr.state;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.admin.indices.delete.DeleteIndexRequest;
import org.opensearch.action.support.DestructiveOperations;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.metadata.FollowerBlock;
import org.opensearch.ccr.metadata.ManagerTransport;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.cluster.AckedClusterStateUpdateTask;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.cluster.block.ClusterBlocks;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.cluster.metadata.MetadataDeleteIndexService;
import org.opensearch.common.Priority;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.Index;
import org.opensearch.tasks.Task;

import java.io.IOException;
import java.util.Set;

/**
 * Deletes indices of which some are followers, and ends the wish to replicate those, in one cluster-state update: a deletion that
 * is refused changes nothing. It is refused for what OpenSearch refuses a deletion for, and with the same answer, but for the
 * write block of followers.
 */
public final class DeleteFollowersAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "internal:indices/admin/plugins/replication/index/delete";
    public static final DeleteFollowersAction INSTANCE = new DeleteFollowersAction();

    private DeleteFollowersAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Request extends AcknowledgedRequest<Request> {
        private final DeleteIndexRequest deletion;

        /** @param deletion as its user has sent it, who is allowed to delete all that it names */
        public Request(DeleteIndexRequest deletion) {
            this.deletion = deletion;
            timeout(deletion.timeout());
            clusterManagerNodeTimeout(deletion.clusterManagerNodeTimeout());
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            deletion = new DeleteIndexRequest(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            deletion.writeTo(out);
        }

        @Override
        public ActionRequestValidationException validate() {
            return deletion.validate();
        }
    }

    public static final class Transport extends ManagerTransport<Request, AcknowledgedResponse> {

        private final MetadataDeleteIndexService indices;
        private final DestructiveOperations destructive;

        @Inject
        public Transport(Services services, MetadataDeleteIndexService indices, DestructiveOperations destructive) {
            super(NAME, services, Request::new, AcknowledgedResponse::new);
            this.indices = indices;
            this.destructive = destructive;
        }

        @Override
        protected void doExecute(Task task, Request request, ActionListener<AcknowledgedResponse> listener) {
            destructive.failDestructive(request.deletion.indices());
            super.doExecute(task, request, listener);
        }

        @Override
        protected ClusterBlockException checkBlock(Request request, ClusterState state) {
            String[] names = indexNameExpressionResolver.concreteIndexNames(state, request.deletion);
            ClusterBlocks.Builder others = ClusterBlocks.builder().blocks(state.blocks());
            for (String name : names) {
                others.removeIndexBlock(name, FollowerBlock.BLOCK);
            }
            return others.build().indicesAllowReleaseResources(names);
        }

        @Override
        protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            Set<Index> doomed = Set.of(indexNameExpressionResolver.concreteIndices(state, request.deletion));
            if (doomed.isEmpty()) {
                listener.onResponse(new AcknowledgedResponse(true));
                return;
            }
            String source = "replication-delete " + doomed;
            clusterService.submitStateUpdateTask(source, new AckedClusterStateUpdateTask<>(Priority.URGENT, request, listener) {
                @Override
                public ClusterState execute(ClusterState current) {
                    return withdrawn(current, indices.deleteIndices(current, doomed), doomed);
                }

                @Override
                protected AcknowledgedResponse newResponse(boolean acknowledged) {
                    return new AcknowledgedResponse(acknowledged);
                }
            });
        }

        private static ClusterState withdrawn(ClusterState before, ClusterState after, Set<Index> deleted) {
            ReplicationStates states = ReplicationStates.of(before);
            RuleSet rules = RuleSet.of(before);
            for (Index index : deleted) {
                rules = rules.withdrawn(before, index.getName());
                states = states.with(index.getName(), null);
            }
            Metadata.Builder metadata = Metadata.builder(after.metadata());
            if (states != ReplicationStates.of(before)) {
                metadata.putCustom(ReplicationStates.TYPE, states);
            }
            if (rules != RuleSet.of(before)) {
                metadata.putCustom(RuleSet.TYPE, rules);
            }
            return ClusterState.builder(after).metadata(metadata).build();
        }
    }
}
