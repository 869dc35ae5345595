package org.opensearch.ccr.action;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.OpenSearchTimeoutException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.common.FollowerRequest;
import org.opensearch.ccr.follower.PromoteShardResponse;
import org.opensearch.ccr.metadata.DamagedRecordException;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.FollowerMark;
import org.opensearch.ccr.metadata.ReleaseAction;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.state.StateAction;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/**
 * {@code _stop}: makes an ordinary index of a follower without closing it, in every state a replication can be in. Each step is
 * idempotent; one that fails leaves enough behind for the next {@code _stop} to go on from there.
 */
public final class StopAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/stop";
    public static final StopAction INSTANCE = new StopAction();
    private static final Logger LOGGER = LogManager.getLogger(StopAction.class);

    private StopAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Request extends FollowerRequest<Request> {
        public Request(String follower) {
            super(follower);
        }

        public Request(StreamInput in) throws IOException {
            super(in);
        }
    }

    public static final class Transport extends FollowerTransport<Request> {

        private final LeaderCleanup cleanup;
        private final PromoteShards promote;

        @Inject
        public Transport(FollowerServices services, LeaderCleanup cleanup, PromoteShards promote) {
            super(NAME, services, Request::new);
            this.cleanup = cleanup;
            this.promote = promote;
        }

        @Override
        protected void run(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            stop(request, state, ActionListener.map(listener, stopped -> new AcknowledgedResponse(true)));
        }

        /** Answers what the shards had when they were let go, by their numbers; those that did not answer are missing. */
        void stop(Request request, ClusterState state, ActionListener<Map<Integer, PromoteShardResponse>> listener) {
            services.store().get(request.follower(), orNone(ActionListener.wrap(record -> {
                if (record.isEmpty() && Replicated.anyTrace(state, request.follower()) == false) {
                    throw Replicated.notInProgress(request.follower());
                }
                // A record alone is what an earlier stop has left that came no further than the release: every step is taken again.
                withdraw(request, record, listener);
            }, listener::onFailure)));
        }

        /** What cannot be read is as good as lost, and goes. */
        private static ActionListener<Optional<FollowRecord>> orNone(ActionListener<Optional<FollowRecord>> listener) {
            return ActionListener.wrap(listener::onResponse, e -> {
                if (e instanceof DamagedRecordException) {
                    LOGGER.warn("stopping without its record", e);
                    listener.onResponse(Optional.empty());
                } else {
                    listener.onFailure(e);
                }
            });
        }

        /** Nobody wants the replication any more: a bootstrap is broken off, the tasks end what they are doing and go. */
        private void withdraw(
            Request request,
            Optional<FollowRecord> record,
            ActionListener<Map<Integer, PromoteShardResponse>> listener
        ) {
            // Asked before the task goes: it knows how far the copy has come.
            boolean discard = Replicated.halfRestored(services.cluster().state(), request.follower());
            change(
                request,
                StateAction.Request.remove(request.follower()),
                ActionListener.wrap(
                    removed -> services.tasks().endAll(
                        request.follower(),
                        ActionListener.wrap(ended -> release(request, record, discard, listener), listener::onFailure)
                    ),
                    listener::onFailure
                )
            );
        }

        private void release(
            Request request,
            Optional<FollowRecord> record,
            boolean discard,
            ActionListener<Map<Integer, PromoteShardResponse>> listener
        ) {
            IndexMetadata index = services.cluster().state().metadata().index(request.follower());
            Origin origin = Origin.of(record, index);
            ReleaseAction.Request release = new ReleaseAction.Request(request.follower(), discard);
            release.timeout(request.timeout());
            release.clusterManagerNodeTimeout(request.clusterManagerNodeTimeout());
            services.clients().plugin().execute(ReleaseAction.INSTANCE, release, ActionListener.wrap(released -> {
                if (released.isAcknowledged() == false) {
                    throw new OpenSearchTimeoutException("not every node has released [{}] yet, try again", request.follower());
                }
                if (index == null || discard) {
                    leave(request, origin, Map.of(), listener);
                } else {
                    promote.promote(
                        index,
                        ActionListener.wrap(promoted -> leave(request, origin, promoted, listener), listener::onFailure)
                    );
                }
            }, listener::onFailure));
        }

        /** The leader may be gone: what cannot be taken back there expires there. */
        private void leave(
            Request request,
            Origin origin,
            Map<Integer, PromoteShardResponse> promoted,
            ActionListener<Map<Integer, PromoteShardResponse>> listener
        ) {
            if (origin == null) {
                forget(request, promoted, listener);
                return;
            }
            cleanup.removeLeases(origin.alias(), origin.leader(), origin.record(), request.follower(), ActionListener.wrap(
                removed -> forget(request, promoted, listener),
                e -> {
                    LOGGER.info("[{}] leases on the leader will expire by themselves: {}", request.follower(), e.getMessage());
                    forget(request, promoted, listener);
                }
            ));
        }

        private void forget(
            Request request,
            Map<Integer, PromoteShardResponse> promoted,
            ActionListener<Map<Integer, PromoteShardResponse>> listener
        ) {
            services.store().delete(
                request.follower(),
                ActionListener.map(listener, deleted -> {
                    assert ReplicationStates.of(services.cluster().state()).get(request.follower()) == null;
                    return promoted;
                })
            );
        }
    }

    /** Where an index came from: by its record, or by its own mark when the record is lost. */
    private record Origin(String alias, String leader, Optional<FollowRecord> record) {
        static Origin of(Optional<FollowRecord> record, IndexMetadata index) {
            if (record.isPresent()) {
                return new Origin(record.get().alias(), record.get().leader(), record);
            }
            FollowerMark mark = FollowerMark.of(index);
            return mark == null ? null : new Origin(mark.alias(), mark.leader(), record);
        }
    }
}
