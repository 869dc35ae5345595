package org.opensearch.ccr.bootstrap;

import org.opensearch.ExceptionsHelper;
import org.opensearch.OpenSearchException;
import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.admin.cluster.snapshots.restore.RestoreSnapshotRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.metadata.AliasFit;
import org.opensearch.ccr.metadata.FollowerBlock;
import org.opensearch.ccr.metadata.FollowerMark;
import org.opensearch.ccr.metadata.FollowerReopening;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.metadata.ManagerTransport;
import org.opensearch.ccr.metadata.SettingsPlan;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.settings.IndexScopedSettings;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.Index;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.repositories.RepositoriesService;
import org.opensearch.repositories.Repository;
import org.opensearch.snapshots.RestoreService;
import org.opensearch.threadpool.ThreadPool;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes the follower index, or makes one that exists anew: fetches the leader index's metadata and puts an index into the cluster state whose primaries
 * restore themselves from the leader. Answers when it is in the cluster state. Runs on the cluster manager and past the
 * request filters of an ordinary restore, which would ask the repository from a transport thread.
 */
public final class StartRestoreAction extends ActionType<AcknowledgedResponse> {

    static final String NAME = "internal:indices/admin/plugins/replication/index/bootstrap";
    static final StartRestoreAction INSTANCE = new StartRestoreAction();

    private StartRestoreAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Request extends AcknowledgedRequest<Request> {
        private final String alias;
        private final Index leader;
        private final String follower;
        private final Settings overlay;
        private final FollowRoles roles;
        private final String copyId;
        private final boolean inPlace;

        Request(BootstrapRequest bootstrap) {
            alias = bootstrap.alias();
            leader = bootstrap.leaderIndex();
            follower = bootstrap.followerIndex();
            overlay = bootstrap.overlay();
            roles = bootstrap.roles();
            copyId = bootstrap.id();
            inPlace = bootstrap.inPlace();
            clusterManagerNodeTimeout(TimeValue.timeValueMinutes(1));
        }

        Request(StreamInput in) throws IOException {
            super(in);
            alias = in.readString();
            leader = new Index(in);
            follower = in.readString();
            overlay = Settings.readSettingsFromStream(in);
            roles = new FollowRoles(in);
            copyId = in.readString();
            inPlace = in.readBoolean();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(alias);
            leader.writeTo(out);
            out.writeString(follower);
            Settings.writeSettingsToStream(overlay, out);
            roles.writeTo(out);
            out.writeString(copyId);
            out.writeBoolean(inPlace);
        }

        @Override
        public ActionRequestValidationException validate() {
            return null;
        }

        /** The names are taken literally, whatever characters they have. */
        RestoreSnapshotRequest restore() {
            RestoreSnapshotRequest restore = new RestoreSnapshotRequest(RemoteRepository.name(alias), RemoteRepository.snapshot(copyId));
            restore.indices(leader.getName());
            if (follower.equals(leader.getName()) == false) {
                restore.renamePattern("^" + Pattern.quote(leader.getName()) + "$");
                restore.renameReplacement(Matcher.quoteReplacement(follower));
            }
            String mark = new FollowerMark(alias, leader.getName()).text();
            restore.indexSettings(Settings.builder().put(overlay).put(CcrSettings.LEADER_INDEX.getKey(), mark));
            restore.ignoreIndexSettings(SettingsPlan.notCopied().toArray(String[]::new));
            restore.includeGlobalState(false);
            restore.includeAliases(true);
            restore.aliasWriteIndexPolicy(RestoreSnapshotRequest.AliasWriteIndexPolicy.STRIP_WRITE_INDEX);
            restore.clusterManagerNodeTimeout(clusterManagerNodeTimeout());
            return restore;
        }
    }

    public static final class Transport extends ManagerTransport<Request, AcknowledgedResponse> {

        private final RestoreService restoreService;
        private final RepositoriesService repositories;
        private final IndexScopedSettings known;
        private final FollowerReopening reopening;

        @Inject
        public Transport(
            Services services,
            RestoreService restoreService,
            RepositoriesService repositories,
            IndexScopedSettings known,
            FollowerReopening reopening
        ) {
            super(NAME, services, Request::new, AcknowledgedResponse::new);
            this.restoreService = restoreService;
            this.repositories = repositories;
            this.known = known;
            this.reopening = reopening;
        }

        @Override
        protected String executor() {
            return ThreadPool.Names.GENERIC;
        }

        @Override
        protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            IndexMetadata there = state.metadata().index(request.follower);
            if (there != null && isToBeReplaced(request, there) == false) {
                throw new ResourceAlreadyExistsException(there.getIndex());
            }
            Repository found = repositories.repository(RemoteRepository.name(request.alias));
            if (found instanceof RemoteRepository == false) {
                throw fatal("repository [" + found.getMetadata().name() + "] hides the one of the same name for replication", null);
            }
            RemoteRepository repository = (RemoteRepository) found;
            Fit fit = new Fit(known, alias -> AliasFit.whyNot(clusterService.state().metadata(), alias, request.follower));
            repository.prepare(request.leader, request.roles, request.copyId, fit, threadPool, ActionListener.wrap(copy -> {
                ActionListener<AcknowledgedResponse> done = ActionListener.runBefore(listener, () -> repository.forget(request.copyId));
                threadPool.generic().execute(() -> replace(request, there, copy, done));
            }, e -> listener.onFailure(classed(e))));
        }

        /** With the class that it has here, where the leader was called: on another node it would look like an answer of the leader. */
        private static Exception classed(Exception e) {
            ErrorClass cls = ErrorClassifier.classify(e);
            return switch (cls) {
                case ERROR_UNREACHABLE, ERROR_TRANSIENT, ERROR_OVERLOADED -> ReplicationException.of(
                    cls,
                    RestStatus.SERVICE_UNAVAILABLE,
                    "the leader cannot be asked for its index now",
                    e
                );
                default -> e;
            };
        }

        private static OpenSearchException fatal(String text, Exception cause) {
            return ReplicationException.of(ErrorClass.ERROR_FATAL, RestStatus.INTERNAL_SERVER_ERROR, text, cause);
        }

        private static boolean isToBeReplaced(Request request, IndexMetadata there) {
            return request.inPlace && FollowerBlock.isFollower(there) && request.copyId.equals(LeaderOrigin.of(there).copyId()) == false;
        }

        /** What is there makes room: closed, its files stay for the copy; with another number of shards they are of no use. */
        private void replace(Request request, IndexMetadata there, LeaderCopy copy, ActionListener<AcknowledgedResponse> listener) {
            if (there == null) {
                restore(request, listener);
            } else if (there.getNumberOfShards() == copy.metadata().getNumberOfShards()) {
                reopening.close(request, there.getIndex(), Settings.EMPTY, ActionListener.wrap(closed -> {
                    ActionListener<AcknowledgedResponse> orOpen = ActionListener.wrap(
                        listener::onResponse,
                        e -> reopening.open(request, there.getIndex(), ActionListener.wrap(open -> listener.onFailure(e), f -> {
                            e.addSuppressed(f);
                            listener.onFailure(e);
                        }))
                    );
                    threadPool.generic().execute(() -> restore(request, orOpen));
                }, listener::onFailure));
            } else {
                reopening.delete(
                    request,
                    there.getIndex(),
                    ActionListener.wrap(gone -> threadPool.generic().execute(() -> restore(request, listener)), listener::onFailure)
                );
            }
        }

        private void restore(Request request, ActionListener<AcknowledgedResponse> listener) {
            try {
                restoreService.restoreSnapshot(
                    request.restore(),
                    ActionListener.wrap(accepted -> listener.onResponse(new AcknowledgedResponse(true)), e -> listener.onFailure(lasting(e)))
                );
            } catch (Exception e) {
                listener.onFailure(lasting(e));
            }
        }

        /** What this cluster does not take and does not say to be a matter of time does not become better by trying again. */
        private static Exception lasting(Exception e) {
            boolean unexplained = ExceptionsHelper.status(e) == RestStatus.INTERNAL_SERVER_ERROR;
            return unexplained ? fatal("the restore was refused: " + RestoreProgress.textOf(e), e) : e;
        }
    }
}
