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
import org.opensearch.core.index.Index;

import java.io.IOException;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Ends what makes an index a follower, in one cluster-state update: either its mark and its write block go, and the open index
 * is an ordinary one from then on, or the whole index goes because it is only half restored. Touches nothing but followers, and
 * discards nothing but the one copy that was meant: another task may have made an index of the same name meanwhile.
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
        /** Of the only copy that may be deleted; null for whatever there is. */
        private final String copyId;

        public Request(String follower, boolean delete) {
            this(follower, delete, null);
        }

        private Request(String follower, boolean delete, String copyId) {
            this.follower = follower;
            this.delete = delete;
            this.copyId = copyId;
        }

        /** Deletes the index if it is this copy ({@link LeaderOrigin#copyId}); any other one of the name stays. */
        public static Request discard(String follower, String copyId) {
            return new Request(follower, true, Objects.requireNonNull(copyId));
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            follower = in.readString();
            delete = in.readBoolean();
            copyId = in.readOptionalString();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(follower);
            out.writeBoolean(delete);
            out.writeOptionalString(copyId);
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
                    return ended(request, current, deletion::deleteIndices);
                }

                @Override
                protected AcknowledgedResponse newResponse(boolean acknowledged) {
                    return new AcknowledgedResponse(acknowledged);
                }
            });
        }

        /** @param deletion makes the state without these indices */
        static ClusterState ended(Request request, ClusterState current, BiFunction<ClusterState, Set<Index>, ClusterState> deletion) {
            IndexMetadata index = current.metadata().index(request.follower);
            boolean blocked = current.blocks().hasIndexBlock(request.follower, FollowerBlock.BLOCK);
            if (index == null || FollowerBlock.isFollower(index) == false && blocked == false) {
                return current;
            }
            if (request.copyId != null && request.copyId.equals(LeaderOrigin.of(index).copyId()) == false) {
                return current;
            }
            return request.delete ? deletion.apply(current, Set.of(index.getIndex())) : release(current, index);
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
