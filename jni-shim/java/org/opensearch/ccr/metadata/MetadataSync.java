package org.opensearch.ccr.metadata;

import org.opensearch.ExceptionsHelper;
import org.opensearch.OpenSearchTimeoutException;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.common.LeaderMetadata;
import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterStateListener;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.index.IndexNotFoundException;
import org.opensearch.threadpool.ThreadPool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Brings a follower's metadata in line with its leader's before the operations that need it. All shards of an index on this
 * node share one run at a time; a shard that wants no more than what is in place is answered at once. Here the leader is asked;
 * {@link ApplyMetadataAction} does what has to be done, once for all nodes.
 */
public final class MetadataSync implements ClusterStateListener {

    /** A leader's cluster manager applies its own state after its data nodes have: it may trail what an answer has named. */
    private static final TimeValue TRAILING_DELAY = TimeValue.timeValueMillis(50);
    private static final int TRAILING_TRIES = 100;

    private final ClusterService clusterService;
    private final ThreadPool threadPool;
    private final RoleClients clients;
    private final ReplicationStore store;
    private final Map<Index, Progress> indices = new HashMap<>();

    /** What is known of one follower index. Guarded by {@link #indices}. */
    private static final class Progress {
        /** Which copy of a leader index {@link #inPlace} is about: another copy may be one of another leader index. */
        String copyId;
        LeaderVersions inPlace = LeaderVersions.NONE;
        boolean running;
        boolean overridesChanged;
        List<Waiter> waiters = new ArrayList<>();

        Progress of(String copy) {
            if (Objects.equals(copy, copyId) == false) {
                inPlace = LeaderVersions.NONE;
                copyId = copy;
            }
            return this;
        }
    }

    private record Waiter(LeaderVersions wanted, ActionListener<LeaderVersions> listener) {}

    private record Leader(FollowerMark mark, String uuid, String copyId) {}

    public MetadataSync(ClusterService clusterService, ThreadPool threadPool, RoleClients clients, ReplicationStore store) {
        this.clusterService = clusterService;
        this.threadPool = threadPool;
        this.clients = clients;
        this.store = store;
        clusterService.addListener(this);
    }

    /**
     * Answers the leader versions now in place on the follower, each at least what was asked for; fails with the exception of
     * whatever stood in the way, which leaves nothing half-done: the next call tries again.
     */
    public void sync(String followerIndex, LeaderVersions wanted, ActionListener<LeaderVersions> listener) {
        sync(followerIndex, wanted, false, listener);
    }

    /**
     * Brings everything into line now, with the settings that the record of the follower has at this moment: for whoever has
     * changed those. Fails like {@link #sync}, and also when the leader cannot be reached; then the settings stay as they are
     * until the leader's change the next time, or this is called again.
     */
    public void refresh(String followerIndex, ActionListener<LeaderVersions> listener) {
        sync(followerIndex, LeaderVersions.NONE, true, listener);
    }

    /** Like {@link #sync}, but asks the leader whatever is believed to be in place, and brings into line what is behind. */
    public void lookAgain(String followerIndex, LeaderVersions wanted, ActionListener<LeaderVersions> listener) {
        IndexMetadata follower = clusterService.state().metadata().index(followerIndex);
        if (follower != null) {
            synchronized (indices) {
                Progress progress = indices.get(follower.getIndex());
                if (progress != null) {
                    progress.inPlace = LeaderVersions.NONE;
                }
            }
        }
        sync(followerIndex, wanted, false, listener);
    }

    private void sync(String name, LeaderVersions wanted, boolean overridesChanged, ActionListener<LeaderVersions> listener) {
        IndexMetadata metadata = clusterService.state().metadata().index(name);
        if (metadata == null) {
            listener.onFailure(new IndexNotFoundException(name));
            return;
        }
        Index follower = metadata.getIndex();
        LeaderVersions known = null;
        synchronized (indices) {
            Progress progress = indices.computeIfAbsent(follower, index -> new Progress()).of(LeaderOrigin.of(metadata).copyId());
            progress.overridesChanged |= overridesChanged;
            if (overridesChanged == false && progress.inPlace != LeaderVersions.NONE && progress.inPlace.covers(wanted)) {
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
            run(follower, TRAILING_TRIES);
        }
    }

    private void run(Index follower, int triesLeft) {
        boolean overridesChanged;
        synchronized (indices) {
            Progress progress = indices.get(follower);
            if (progress == null) {
                return;
            }
            overridesChanged = progress.overridesChanged;
            progress.overridesChanged = false;
        }
        Consumer<Exception> failed = e -> {
            synchronized (indices) {
                Progress progress = indices.get(follower);
                if (progress != null) {
                    progress.overridesChanged |= overridesChanged;
                }
            }
            fail(follower, e);
        };
        try {
            Leader leader = leaderOf(follower);
            ActionListener<LeaderVersions> done = ActionListener.wrap(
                versions -> finish(follower, leader.copyId(), versions, triesLeft),
                failed
            );
            askLeader(leader, ActionListener.wrap(theirs -> compare(follower, theirs, overridesChanged, done), failed));
        } catch (Exception e) {
            failed.accept(e);
        }
    }

    /** What fails here carries its class, so that it is not taken for the same failure of this cluster. */
    private void askLeader(Leader leader, ActionListener<IndexMetadata> listener) {
        Consumer<Exception> failed = e -> listener.onFailure(
            ReplicationException.of(ErrorClassifier.classifyCall(e), ExceptionsHelper.status(e), Unwrap.cause(e).getMessage(), e)
        );
        try {
            LeaderMetadata.of(clients.pluginOnLeader(leader.mark.alias()), leader.mark.leader(), ActionListener.wrap(metadata -> {
                IndexMetadata theirs = metadata.index(leader.mark.leader());
                if (theirs == null || leader.uuid() != null && leader.uuid().equals(theirs.getIndexUUID()) == false) {
                    throw new IndexNotFoundException(leader.mark.leader());
                }
                listener.onResponse(LeaderBounds.ensure(theirs));
            }, failed));
        } catch (Exception e) {
            failed.accept(e);
        }
    }

    /** Asks the cluster manager only when something is behind. */
    private void compare(Index follower, IndexMetadata theirs, boolean overridesChanged, ActionListener<LeaderVersions> done) {
        IndexMetadata ours = clusterService.state().metadata().getIndexSafe(follower);
        LeaderOrigin origin = LeaderOrigin.of(ours);
        boolean settings = overridesChanged || theirs.getSettingsVersion() > origin.settingsVersion();
        boolean mapping = theirs.mapping() != null
            && (ours.mapping() == null || theirs.mapping().source().equals(ours.mapping().source()) == false);
        boolean aliases = theirs.getAliasesVersion() > origin.aliasesVersion();
        if (settings) {
            store.get(follower.getName(), ActionListener.wrap(record -> {
                Settings own = record.map(FollowRecord::settings)
                    .orElseThrow(() -> new ResourceNotFoundException("no replication of [{}] is recorded", follower.getName()));
                apply(follower, theirs, new Overrides(own, overridesChanged), done);
            }, done::onFailure));
        } else if (mapping || aliases) {
            apply(follower, theirs, null, done);
        } else {
            done.onResponse(versions(theirs));
        }
    }

    private void apply(Index follower, IndexMetadata theirs, Overrides overrides, ActionListener<LeaderVersions> done) {
        ApplyMetadataAction.Request request = new ApplyMetadataAction.Request(follower, theirs, overrides);
        clients.plugin().execute(ApplyMetadataAction.INSTANCE, request, ActionListener.map(done, applied -> versions(theirs)));
    }

    private static LeaderVersions versions(IndexMetadata leader) {
        return new LeaderVersions(leader.getMappingVersion(), leader.getSettingsVersion(), leader.getAliasesVersion());
    }

    private Leader leaderOf(Index follower) {
        IndexMetadata ours = clusterService.state().metadata().getIndexSafe(follower);
        FollowerMark mark = FollowerMark.of(ours);
        if (mark == null) {
            throw new IllegalStateException("[" + follower.getName() + "] follows no index");
        }
        LeaderOrigin origin = LeaderOrigin.of(ours);
        return new Leader(mark, origin.indexUuid(), origin.copyId());
    }

    /** Answers the waiters that have what they wanted and goes on for the others. @param copyId what was brought into line */
    private void finish(Index follower, String copyId, LeaderVersions reached, int triesLeft) {
        if (Objects.equals(copyId, LeaderOrigin.of(clusterService.state().metadata().index(follower)).copyId()) == false) {
            throw new OpenSearchTimeoutException("[{}] was copied anew while its metadata was brought into line", follower.getName());
        }
        List<Waiter> satisfied = new ArrayList<>();
        boolean more;
        synchronized (indices) {
            Progress progress = indices.get(follower);
            if (progress == null) {
                return;
            }
            progress.inPlace = progress.of(copyId).inPlace.max(reached);
            List<Waiter> left = new ArrayList<>();
            for (Waiter waiter : progress.waiters) {
                (progress.inPlace.covers(waiter.wanted()) ? satisfied : left).add(waiter);
            }
            progress.waiters = left;
            more = left.isEmpty() == false || progress.overridesChanged; // asked for while this run was under way
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
