package org.opensearch.ccr.metadata;

import org.opensearch.OpenSearchTimeoutException;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.IndicesRequest;
import org.opensearch.action.admin.indices.mapping.put.PutMappingClusterStateUpdateRequest;
import org.opensearch.action.support.IndicesOptions;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ack.ClusterStateUpdateResponse;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.MappingMetadata;
import org.opensearch.cluster.metadata.MetadataMappingService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.Index;
import org.opensearch.index.IndexNotFoundException;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * Brings a follower's settings, then its mapping, then its aliases in line with what its leader had at one moment. On the
 * cluster manager, one request at a time for each index, and each change once however many nodes ask for it: what has been
 * taken over is noted with the index. It uses the metadata services themselves, because the follower's write block stands in
 * the way of everybody else.
 */
public final class ApplyMetadataAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/update_metadata";
    public static final ApplyMetadataAction INSTANCE = new ApplyMetadataAction();

    private ApplyMetadataAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    /** The follower, the leader index as it was, and the user's settings for the follower. */
    public static final class Request extends AcknowledgedRequest<Request> implements IndicesRequest {
        private final Index follower;
        private final IndexMetadata leader;
        private final Overrides overrides;

        Request(Index follower, IndexMetadata leader, Overrides overrides) {
            this.follower = follower;
            this.leader = leader;
            this.overrides = overrides;
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            follower = new Index(in);
            leader = IndexMetadata.readFrom(in);
            overrides = in.readOptionalWriteable(Overrides::new);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            follower.writeTo(out);
            leader.writeTo(out);
            out.writeOptionalWriteable(overrides);
        }

        @Override
        public ActionRequestValidationException validate() {
            return null;
        }

        @Override
        public String[] indices() {
            return new String[] { follower.getName() };
        }

        @Override
        public IndicesOptions indicesOptions() {
            return IndicesOptions.strictSingleIndexNoExpandForbidClosed();
        }
    }

    public static final class Transport extends ManagerTransport<Request, AcknowledgedResponse> {
        private final MetadataMappingService mappings;
        private final FollowerSettings settings;
        private final FollowerAliases aliases;
        /** Requests that wait for the one before them on the same index; present while one is under way. */
        private final Map<Index, Queue<Runnable>> turns = new HashMap<>();

        @Inject
        public Transport(Services services, MetadataMappingService mappings, FollowerSettings settings, FollowerAliases aliases) {
            super(NAME, services, Request::new, AcknowledgedResponse::new);
            this.mappings = mappings;
            this.settings = settings;
            this.aliases = aliases;
        }

        @Override
        protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            Runnable run = () -> {
                ActionListener<AcknowledgedResponse> done = ActionListener.runBefore(listener, () -> next(request.follower));
                try {
                    applySettings(request, done);
                } catch (Exception e) {
                    done.onFailure(e);
                }
            };
            synchronized (turns) {
                Queue<Runnable> waiting = turns.get(request.follower);
                if (waiting != null) {
                    waiting.add(run);
                    return;
                }
                turns.put(request.follower, new ArrayDeque<>());
            }
            run.run();
        }

        private void next(Index follower) {
            Runnable run;
            synchronized (turns) {
                run = turns.get(follower).poll();
                if (run == null) {
                    turns.remove(follower);
                    return;
                }
            }
            threadPool.generic().execute(run);
        }

        /** As it is now; what has stopped following meanwhile, or follows another index by now, is let alone. */
        private IndexMetadata follower(Request request) {
            IndexMetadata index = clusterService.state().metadata().index(request.follower);
            if (index == null || CcrSettings.isFollower(index.getSettings()) == false) {
                throw new IndexNotFoundException(request.follower);
            }
            String leader = LeaderOrigin.of(index).indexUuid();
            if (leader != null && leader.equals(request.leader.getIndexUUID()) == false) {
                throw new OpenSearchTimeoutException("[{}] was copied anew from another index", request.follower.getName());
            }
            return index;
        }

        private void applySettings(Request request, ActionListener<AcknowledgedResponse> listener) {
            ActionListener<Void> then = ActionListener.wrap(done -> applyMapping(request, listener), listener::onFailure);
            LeaderOrigin origin = LeaderOrigin.of(follower(request));
            boolean behind = request.leader.getSettingsVersion() > origin.settingsVersion();
            if (request.overrides != null && (behind || request.overrides.changed())) {
                settings.apply(request, follower(request), request.leader, request.overrides.settings(), then);
            } else {
                then.onResponse(null);
            }
        }

        private void applyMapping(Request request, ActionListener<AcknowledgedResponse> listener) {
            ActionListener<ClusterStateUpdateResponse> then = ActionListener.wrap(answer -> {
                if (answer.isAcknowledged() == false) {
                    throw new OpenSearchTimeoutException("the mapping of [{}] has not reached every node yet", request.follower.getName());
                }
                aliases.apply(request, request.follower, request.leader, ActionListener.map(listener, done -> new AcknowledgedResponse(true)));
            }, listener::onFailure);
            MappingMetadata ours = follower(request).mapping();
            MappingMetadata theirs = request.leader.mapping();
            if (theirs == null || ours != null && theirs.source().equals(ours.source())) {
                then.onResponse(new ClusterStateUpdateResponse(true));
                return;
            }
            PutMappingClusterStateUpdateRequest update = new PutMappingClusterStateUpdateRequest(theirs.source().string()).indices(
                new Index[] { request.follower }
            ).ackTimeout(request.timeout()).clusterManagerNodeTimeout(request.clusterManagerNodeTimeout());
            mappings.putMapping(update, then);
        }
    }
}
