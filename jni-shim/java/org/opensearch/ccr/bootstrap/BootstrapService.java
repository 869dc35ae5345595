package org.opensearch.ccr.bootstrap;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.message.ParameterizedMessage;
import org.opensearch.ExceptionsHelper;
import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.metadata.ReleaseAction;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ClusterStateListener;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Copies a leader index into a new follower index. It has the index made and watches the cluster state until every primary is
 * restored; nothing waits on a thread. What does not come to a good end is taken away again, with its retention leases.
 */
public final class BootstrapService implements ClusterStateListener {

    private static final Logger logger = LogManager.getLogger(BootstrapService.class);

    private final ClusterService clusterService;
    private final ThreadPool threadPool;
    private final RoleClients clients;
    private final LeaderLeases leases;
    private final Map<String, Run> runs = new ConcurrentHashMap<>();

    /** One bootstrap; fields guarded by it. */
    private static final class Run {
        final BootstrapRequest request;
        final ActionListener<Void> listener;
        boolean accepted; // from then on the index is not what it was
        boolean answered; // by the cluster manager, whatever the answer
        boolean ended;
        Exception cancelled; // before the answer: what was made must be known before it can be taken away
        Index index;         // once it was seen here

        Run(BootstrapRequest request, ActionListener<Void> listener) {
            this.request = request;
            this.listener = listener;
        }
    }

    public BootstrapService(ClusterService clusterService, ThreadPool threadPool, RoleClients clients, LeaderLeases leases) {
        this.clusterService = clusterService;
        this.threadPool = threadPool;
        this.clients = clients;
        this.leases = leases;
        clusterService.addListener(this);
    }

    /**
     * Makes the follower index and answers when every primary of it is restored. On failure the index is gone again, and the
     * exception says why; nothing is left RED. One that is made in place stays as it is then, perhaps half made: what becomes of
     * it is for its owner to say. The listener is called on a generic thread. While another bootstrap of that name is being taken
     * away it fails with class BLOCKED.
     */
    public void bootstrap(BootstrapRequest request, ActionListener<Void> listener) {
        Run run = new Run(request, listener);
        if (runs.putIfAbsent(request.followerIndex(), run) != null) {
            String text = "index [" + request.followerIndex() + "] is being bootstrapped already";
            listener.onFailure(ReplicationException.of(CoreProto.ErrorClass.ERROR_BLOCKED, RestStatus.CONFLICT, text, null));
            return;
        }
        ActionListener<AcknowledgedResponse> answer = ActionListener.wrap(accepted -> answered(run, null), e -> answered(run, e));
        try {
            clients.plugin().execute(StartRestoreAction.INSTANCE, new StartRestoreAction.Request(request), answer);
        } catch (RuntimeException e) {
            answer.onFailure(e); // or the index would be taken for bootstrapped here as long as this node lives
        }
    }

    private void answered(Run run, Exception refused) {
        Exception failure;
        synchronized (run) {
            run.answered = true;
            run.accepted = refused == null || isOurs(run, refused);
            failure = run.cancelled == null && run.accepted == false ? refused : run.cancelled;
        }
        if (failure != null) {
            fail(run, failure);
        } else {
            look(run, clusterService.state());
        }
    }

    /** Made already: by this very request, when another cluster manager had to answer it. */
    private boolean isOurs(Run run, Exception refused) {
        IndexMetadata index = clusterService.state().metadata().index(run.request.followerIndex());
        return ExceptionsHelper.unwrapCause(refused) instanceof ResourceAlreadyExistsException && isMade(run, index);
    }

    /** Whether the index is as this run's restore has begun to make it. */
    private static boolean isMade(Run run, IndexMetadata index) {
        return index != null && run.request.id().equals(LeaderOrigin.of(index).copyId());
    }

    /** Ends the bootstrap as failed; its listener is called when what was made is gone. Without effect when there is none here. */
    public void cancel(String followerIndex, String reason) {
        Run run = runs.get(followerIndex);
        if (run == null) {
            return;
        }
        String text = "it was cancelled: " + reason;
        Exception cancelled = ReplicationException.of(CoreProto.ErrorClass.ERROR_FATAL, RestStatus.BAD_REQUEST, text, null);
        synchronized (run) {
            if (run.answered == false) {
                run.cancelled = cancelled;
                return;
            }
        }
        fail(run, cancelled);
    }

    @Override
    public void clusterChanged(ClusterChangedEvent event) {
        if (runs.isEmpty() == false && (event.routingTableChanged() || event.metadataChanged())) {
            runs.values().forEach(run -> look(run, event.state()));
        }
    }

    private void look(Run run, ClusterState state) {
        RestoreProgress progress;
        synchronized (run) {
            if (run.ended) {
                return;
            }
            IndexMetadata index = state.metadata().index(run.request.followerIndex());
            if (run.index == null && isMade(run, index)) {
                run.index = index.getIndex();
            }
            if (run.answered == false || run.index == null) {
                return; // this node's state is older than the cluster manager's answer
            }
            progress = RestoreProgress.of(state, run.index);
        }
        if (progress.failure() != null) {
            fail(run, progress.failure());
        } else if (progress.done()) {
            end(run, () -> {
                runs.remove(run.request.followerIndex(), run);
                run.listener.onResponse(null);
            });
        }
    }

    private void fail(Run run, Exception e) {
        Exception reason = ReplicationException.of(
            ErrorClassifier.classify(e),
            RestStatus.INTERNAL_SERVER_ERROR,
            "bootstrap of [" + run.request.followerIndex() + "] failed: " + RestoreProgress.textOf(e),
            e
        );
        end(run, run.request.inPlace() ? () -> failed(run, reason) : () -> discard(run, reason));
    }

    private void end(Run run, Runnable then) {
        synchronized (run) {
            if (run.ended) {
                return;
            }
            run.ended = true;
        }
        threadPool.generic().execute(then);
    }

    private void discard(Run run, Exception reason) {
        String follower = run.request.followerIndex();
        removeLeases(run);
        clients.plugin().execute(
            ReleaseAction.INSTANCE,
            ReleaseAction.Request.discard(follower, run.request.id()), // what another run has made is none of ours
            ActionListener.wrap(gone -> failed(run, reason), e -> {
                logger.warn(new ParameterizedMessage("[{}] cannot delete the half-made index", follower), e);
                reason.addSuppressed(e);
                failed(run, reason);
            })
        );
    }

    private void failed(Run run, Exception reason) {
        runs.remove(run.request.followerIndex(), run);
        run.listener.onFailure(reason);
    }

    /** Nobody waits for the leader here: it may be gone, and then its leases end by themselves. */
    private void removeLeases(Run run) {
        IndexMetadata index = clusterService.state().metadata().index(run.request.followerIndex());
        if (index == null || index.getIndex().equals(run.index) == false) {
            return;
        }
        try {
            Client leader = clients.leader(run.request.alias(), run.request.roles());
            for (int shard = 0; shard < index.getNumberOfShards(); shard++) {
                ShardId id = new ShardId(index.getIndex(), shard);
                leases.remove(
                    leader,
                    new ShardId(run.request.leaderIndex(), shard),
                    id,
                    ActionListener.wrap(removed -> {}, e -> logger.debug(() -> new ParameterizedMessage("{} keeps its lease", id), e))
                );
            }
        } catch (Exception e) {
            logger.debug(() -> new ParameterizedMessage("[{}] leaves its leases to end by themselves", index.getIndex()), e);
        }
    }
}
