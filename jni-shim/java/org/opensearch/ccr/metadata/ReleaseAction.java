package org.opensearch.ccr.metadata;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.AckedClusterStateUpdateTask;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlocks;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.cluster.metadata.MetadataDeleteIndexService;
import org.opensearch.common.Priority;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;

import java.io.IOException;
import java.util.Set;

/**
 * Ends what makes an index a follower, in one cluster-state update: either its mark and its write block go, and the open index
 * is an ordinary one from then on, or the whole index goes because it is only half restored. Touches nothing but followers.
 */
public final class ReleaseAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "internal:indices/admin/plugins/replication/index/release";
    public static final ReleaseAction INSTANCE = new ReleaseAction();

    private ReleaseAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Request extends AcknowledgedRequest<Request> {
        private final String follower;
        private final boolean delete;

        public Request(String follower, boolean delete) {
            this.follower = follower;
            this.delete = delete;
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            follower = in.readString();
            delete = in.readBoolean();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(follower);
            out.writeBoolean(delete);
        }

        @Override
        public ActionRequestValidationException validate() {
            return null;
        }
    }

    public static final class Transport extends ManagerTransport<Request, AcknowledgedResponse> {

        private final MetadataDeleteIndexService deletion;

        @Inject
        public Transport(Services services, MetadataDeleteIndexService deletion) {
            super(NAME, services, Request::new, AcknowledgedResponse::new);
            this.deletion = deletion;
        }

        @Override
        protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            String source = "replication-" + (request.delete ? "discard" : "release") + " [" + request.follower + "]";
            clusterService.submitStateUpdateTask(source, new AckedClusterStateUpdateTask<>(Priority.URGENT, request, listener) {
                @Override
                public ClusterState execute(ClusterState current) {
                    IndexMetadata index = current.metadata().index(request.follower);
                    boolean blocked = current.blocks().hasIndexBlock(request.follower, FollowerBlock.BLOCK);
                    if (index == null || FollowerBlock.isFollower(index) == false && blocked == false) {
                        return current;
                    }
                    return request.delete ? deletion.deleteIndices(current, Set.of(index.getIndex())) : release(current, index);
                }

                @Override
                protected AcknowledgedResponse newResponse(boolean acknowledged) {
                    return new AcknowledgedResponse(acknowledged);
                }
            });
        }

        private static ClusterState release(ClusterState current, IndexMetadata index) {
            Settings.Builder settings = Settings.builder().put(index.getSettings());
            settings.remove(CcrSettings.LEADER_INDEX.getKey());
            IndexMetadata.Builder released = LeaderOrigin.outOf(IndexMetadata.builder(index))
                .settings(settings)
                .settingsVersion(index.getSettingsVersion() + 1);
            ClusterBlocks.Builder blocks = ClusterBlocks.builder()
                .blocks(current.blocks())
                .removeIndexBlock(index.getIndex().getName(), FollowerBlock.BLOCK);
            return ClusterState.builder(current)
                .metadata(Metadata.builder(current.metadata()).put(released))
                .blocks(blocks)
                .build();
        }
    }
}
