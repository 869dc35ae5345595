package org.opensearch.ccr.metadata;

import org.opensearch.OpenSearchTimeoutException;
import org.opensearch.action.admin.cluster.state.ClusterStateRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.index.FollowTasks;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterStateListener;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.MappingMetadata;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.index.IndexNotFoundException;
import org.opensearch.threadpool.ThreadPool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Brings a follower's metadata in line with its leader's before the operations that need it. All shards of an index on this
 * node share one run at a time; a shard that wants no more than what is in place is answered at once.
 *
 * <p>Settings and aliases are taken over when the replication starts; their versions are reported as in place.
 */
public final class MetadataSync implements ClusterStateListener {

    /** A leader's cluster manager applies its own state after its data nodes have: it may trail what an answer has named. */
    private static final TimeValue TRAILING_DELAY = TimeValue.timeValueMillis(50);
    private static final int TRAILING_TRIES = 100;

    private final ClusterService clusterService;
    private final ThreadPool threadPool;
    private final RoleClients clients;
    private final Map<Index, Progress> indices = new HashMap<>();

    /** What is known of one follower index. Guarded by {@link #indices}. */
    private static final class Progress {
        LeaderVersions inPlace = LeaderVersions.NONE;
        boolean running;
        List<Waiter> waiters = new ArrayList<>();
    }

    private record Waiter(LeaderVersions wanted, ActionListener<LeaderVersions> listener) {}

    private record Leader(String alias, String index, String uuid) {}

    public MetadataSync(ClusterService clusterService, ThreadPool threadPool, RoleClients clients) {
        this.clusterService = clusterService;
        this.threadPool = threadPool;
        this.clients = clients;
        clusterService.addListener(this);
    }

    /**
     * Answers the leader versions now in place on the follower, each at least what was asked for; fails with the exception of
     * whatever stood in the way, which leaves nothing half-done: the next call tries again.
     */
    public void sync(String followerIndex, long mapping, long settings, long aliases, ActionListener<LeaderVersions> listener) {
        IndexMetadata follower = clusterService.state().metadata().index(followerIndex);
        if (follower == null) {
            listener.onFailure(new IndexNotFoundException(followerIndex));
            return;
        }
        LeaderVersions wanted = new LeaderVersions(mapping, settings, aliases);
        LeaderVersions known = null;
        synchronized (indices) {
            Progress progress = indices.computeIfAbsent(follower.getIndex(), index -> new Progress());
            if (progress.inPlace != LeaderVersions.NONE && progress.inPlace.covers(wanted)) {
                known = progress.inPlace;
            } else {
                progress.waiters.add(new Waiter(wanted, listener));
                if (progress.running) {
                    return;
                }
                progress.running = true;
            }
        }
        if (known != null) {
            listener.onResponse(known);
        } else {
            run(follower.getIndex(), TRAILING_TRIES);
        }
    }

    private void run(Index follower, int triesLeft) {
        ActionListener<LeaderVersions> done = ActionListener.wrap(versions -> finish(follower, versions, triesLeft), e -> fail(follower, e));
        try {
            Leader leader = leaderOf(follower);
            ClusterStateRequest request = new ClusterStateRequest().clear().metadata(true).indices(leader.index());
            clients.pluginOnLeader(leader.alias()).admin().cluster().state(request, ActionListener.wrap(answer -> {
                IndexMetadata theirs = answer.getState().metadata().index(leader.index());
                if (theirs == null || leader.uuid() != null && leader.uuid().equals(theirs.getIndexUUID()) == false) {
                    throw new IndexNotFoundException(leader.index());
                }
                LeaderVersions versions = new LeaderVersions(
                    theirs.getMappingVersion(),
                    theirs.getSettingsVersion(),
                    theirs.getAliasesVersion()
                );
                putMapping(follower, theirs.mapping(), ActionListener.wrap(v -> done.onResponse(versions), done::onFailure));
            }, done::onFailure));
        } catch (Exception e) {
            done.onFailure(e);
        }
    }

    private void putMapping(Index follower, MappingMetadata theirs, ActionListener<AcknowledgedResponse> listener) {
        IndexMetadata ours = clusterService.state().metadata().getIndexSafe(follower);
        if (theirs == null || ours.mapping() != null && theirs.source().equals(ours.mapping().source())) {
            listener.onResponse(new AcknowledgedResponse(true));
            return;
        }
        PutMappingAction.Request request = new PutMappingAction.Request(follower, theirs.source().string());
        clients.plugin().execute(PutMappingAction.INSTANCE, request, ActionListener.wrap(answer -> {
            if (answer.isAcknowledged() == false) {
                throw new OpenSearchTimeoutException("the mapping of [{}] has not reached every node yet", follower.getName());
            }
            listener.onResponse(answer);
        }, listener::onFailure));
    }

    private Leader leaderOf(Index follower) {
        IndexMetadata ours = clusterService.state().metadata().getIndexSafe(follower);
        String name = CcrSettings.LEADER_INDEX.get(ours.getSettings());
        int colon = name.indexOf(':');
        if (colon < 0) {
            throw new IllegalStateException("[" + follower.getName() + "] follows no index");
        }
        return new Leader(name.substring(0, colon), name.substring(colon + 1), FollowTasks.leaderUuid(clusterService.state(), follower.getName()));
    }

    /** Answers the waiters that have what they wanted and goes on for the others. */
    private void finish(Index follower, LeaderVersions reached, int triesLeft) {
        List<Waiter> satisfied = new ArrayList<>();
        boolean more;
        synchronized (indices) {
            Progress progress = indices.get(follower);
            if (progress == null) {
                return;
            }
            progress.inPlace = progress.inPlace.max(reached);
            List<Waiter> left = new ArrayList<>();
            for (Waiter waiter : progress.waiters) {
                (progress.inPlace.covers(waiter.wanted()) ? satisfied : left).add(waiter);
            }
            progress.waiters = left;
            more = left.isEmpty() == false;
            progress.running = more;
        }
        satisfied.forEach(waiter -> waiter.listener().onResponse(reached));
        if (more && triesLeft > 0) {
            threadPool.schedule(() -> run(follower, triesLeft - 1), TRAILING_DELAY, ThreadPool.Names.GENERIC);
        } else if (more) {
            fail(follower, new OpenSearchTimeoutException("the leader of [{}] does not show the metadata its operations need", follower.getName()));
        }
    }

    private void fail(Index follower, Exception e) {
        List<Waiter> waiters;
        synchronized (indices) {
            Progress progress = indices.get(follower);
            if (progress == null) {
                return;
            }
            waiters = progress.waiters;
            progress.waiters = new ArrayList<>();
            progress.running = false;
        }
        waiters.forEach(waiter -> waiter.listener().onFailure(e));
    }

    /** Forgets indices that are gone, and those that no longer follow. */
    @Override
    public void clusterChanged(ClusterChangedEvent event) {
        if (event.metadataChanged() == false) {
            return;
        }
        List<Waiter> orphans = new ArrayList<>();
        synchronized (indices) {
            indices.entrySet().removeIf(entry -> {
                IndexMetadata metadata = event.state().metadata().index(entry.getKey());
                boolean gone = metadata == null || CcrSettings.isFollower(metadata.getSettings()) == false;
                if (gone) {
                    orphans.addAll(entry.getValue().waiters);
                }
                return gone;
            });
        }
        orphans.forEach(waiter -> waiter.listener().onFailure(new IndexNotFoundException("the follower index")));
    }
}
