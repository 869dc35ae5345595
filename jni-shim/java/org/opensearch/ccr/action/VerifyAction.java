package org.opensearch.ccr.action;

import org.opensearch.OpenSearchStatusException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.settings.VerifySettings;
import org.opensearch.ccr.verify.IndexComparison;
import org.opensearch.ccr.verify.VerifyResponse;
import org.opensearch.ccr.verify.VerifyTask;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.tasks.Task;
import org.opensearch.threadpool.ThreadPool;

/** {@code _verify}: compares a follower index with its leader, on the shards of both, while they are in use. */
public final class VerifyAction extends ActionType<VerifyResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/verify";
    public static final VerifyAction INSTANCE = new VerifyAction();

    private VerifyAction() {
        super(NAME, VerifyResponse::new);
    }

    public static final class Transport extends HandledTransportAction<VerifyRequest, VerifyResponse> {

        private final FollowerServices services;
        private final NativeCore core;

        @Inject
        public Transport(FollowerServices services, NativeCore core) {
            super(NAME, services.transport(), services.filters(), VerifyRequest::new, ThreadPool.Names.GENERIC);
            this.services = services;
            this.core = core;
        }

        @Override
        protected void doExecute(Task task, VerifyRequest request, ActionListener<VerifyResponse> listener) {
            ClusterState state = services.cluster().state();
            if (Replicated.anyTrace(state, request.follower()) == false) {
                throw Replicated.notInProgress(request.follower());
            }
            IndexMetadata follower = state.metadata().index(request.follower());
            if (follower == null || Replicated.halfRestored(state, request.follower())) {
                throw new OpenSearchStatusException(
                    "Index [" + request.follower() + "] is still being copied from its leader: verify it when its status is SYNCING",
                    RestStatus.CONFLICT
                );
            }
            services.store().get(request.follower(), ActionListener.wrap(found -> {
                FollowRecord record = found.orElseThrow(() -> Replicated.notInProgress(request.follower()));
                LeaderIndex.fetch(
                    services.clients(),
                    services.threadPool(),
                    record.alias(),
                    record.leader(),
                    request.timeout(),
                    ActionListener.wrap(leader -> compare((VerifyTask) task, request, record, leader, follower, listener), listener::onFailure)
                );
            }, listener::onFailure));
        }

        private void compare(
            VerifyTask task,
            VerifyRequest request,
            FollowRecord record,
            LeaderIndex leader,
            IndexMetadata follower,
            ActionListener<VerifyResponse> listener
        ) {
            leader.ensureReadable();
            String copied = LeaderOrigin.of(follower).indexUuid();
            if (copied != null && copied.equals(leader.metadata().getIndexUUID()) == false) {
                throw new OpenSearchStatusException(
                    "Leader index [" + record.alias() + ":" + record.leader() + "] is not the one that [" + record.follower()
                        + "] was copied from: it was deleted and made anew, or the connection leads to another cluster",
                    RestStatus.CONFLICT
                );
            }
            ClusterSettings settings = services.cluster().getClusterSettings();
            long rate = (request.bytesPerSecond() == null ? settings.get(VerifySettings.BYTES_PER_SECOND) : request.bytesPerSecond()).getBytes();
            task.run(
                new IndexComparison(
                    core,
                    services.threadPool(),
                    services.clients(),
                    new IndexComparison.Target(record.alias(), leader.metadata().getIndex(), follower, record.roles()),
                    new IndexComparison.Limits(
                        rate,
                        settings.get(VerifySettings.CONCURRENT_SHARDS),
                        request.maxDifferences(),
                        request.maxTime()
                    ),
                    request.resume(),
                    listener
                )
            );
        }
    }
}
