package org.opensearch.ccr.bootstrap;

import org.opensearch.Version;
import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.ccr.leader.LeaderShardInfo;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ClusterStateUpdateTask;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.cluster.metadata.RepositoryMetadata;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.common.lifecycle.AbstractLifecycleComponent;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.index.mapper.MapperService;
import org.opensearch.index.snapshots.IndexShardSnapshotStatus;
import org.opensearch.index.store.Store;
import org.opensearch.indices.recovery.RecoveryState;
import org.opensearch.repositories.IndexId;
import org.opensearch.repositories.IndexMetaDataGenerations;
import org.opensearch.repositories.Repository;
import org.opensearch.repositories.RepositoryData;
import org.opensearch.repositories.RepositoryException;
import org.opensearch.repositories.RepositoryShardId;
import org.opensearch.repositories.ShardGenerations;
import org.opensearch.snapshots.SnapshotId;
import org.opensearch.snapshots.SnapshotInfo;
import org.opensearch.snapshots.SnapshotState;
import org.opensearch.threadpool.ThreadPool;
import org.apache.lucene.index.IndexCommit;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A leader cluster seen as a repository with one snapshot for each copy that is being made, so that a follower index comes into being by an ordinary restore.
 * On the cluster manager it holds the metadata of the indices that are being bootstrapped, fetched before the restore begins:
 * core asks for it synchronously. On the other nodes only {@link #restoreShard} is used.
 */
final class RemoteRepository extends AbstractLifecycleComponent implements Repository {

    static final String TYPE = "replication-remote-repository";
    private static final String SNAPSHOT_PREFIX = "replication-remote-snapshot-";
    private static final String NAME_PREFIX = "replication-remote-repo-";
    private static final TimeValue LEADER_TIMEOUT = TimeValue.timeValueSeconds(30);
    /** Leader indices whose shard sizes are remembered for the allocation that follows a restore. */
    private static final int SIZES_MAX = 1_000;

    private final RepositoryMetadata metadata;
    private final RoleClients clients;
    private final ShardRestores restores;
    // guarded by prepared; by the names of the copies' snapshots: one leader index may be copied several times at once
    private final Map<String, LeaderCopy> prepared = new HashMap<>();
    private final Map<String, Map<Integer, LeaderShardInfo>> sizes = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Map<Integer, LeaderShardInfo>> eldest) {
            return size() > SIZES_MAX;
        }
    };

    RemoteRepository(RepositoryMetadata metadata, RoleClients clients, ShardRestores restores) {
        this.metadata = metadata;
        this.clients = clients;
        this.restores = restores;
    }

    static String name(String alias) {
        return NAME_PREFIX + alias;
    }

    /** The snapshot that a copy restores. */
    static String snapshot(String copyId) {
        return SNAPSHOT_PREFIX + copyId;
    }

    private String alias() {
        return metadata.name().substring(NAME_PREFIX.length());
    }

    /** Fetches what a restore of this leader index will ask for, and answers it. It is kept until {@link #forget}. */
    void prepare(
        Index leader,
        FollowRoles roles,
        String copyId,
        Fit fit,
        ThreadPool threadPool,
        ActionListener<LeaderCopy> listener
    ) {
        ActionListener<LeaderCopy> fetched = ActionListener.map(listener, copy -> {
            synchronized (prepared) {
                prepared.put(snapshot(copyId), copy);
                sizes.put(leader.getUUID(), copy.shards());
            }
            return copy;
        });
        LeaderCopy.fetch(
            clients,
            alias(),
            leader,
            roles,
            copyId,
            fit,
            ListenerTimeouts.wrapWithTimeout(threadPool, fetched, LEADER_TIMEOUT, ThreadPool.Names.GENERIC, "leader metadata")
        );
    }

    void forget(String copyId) {
        synchronized (prepared) {
            prepared.remove(snapshot(copyId));
        }
    }

    @Override
    public void getRepositoryData(ActionListener<RepositoryData> listener) {
        Map<IndexId, List<SnapshotId>> indices = new HashMap<>();
        Map<String, SnapshotId> snapshots = new HashMap<>();
        Map<String, SnapshotState> states = new HashMap<>();
        Map<String, Version> versions = new HashMap<>();
        synchronized (prepared) {
            prepared.forEach((name, copy) -> {
                SnapshotId snapshot = new SnapshotId(name, name);
                snapshots.put(name, snapshot);
                states.put(name, SnapshotState.SUCCESS);
                versions.put(name, Version.CURRENT);
                indices.computeIfAbsent(indexId(copy.metadata()), index -> new ArrayList<>()).add(snapshot);
            });
        }
        listener.onResponse(
            new RepositoryData(
                RepositoryData.EMPTY_REPO_GEN,
                snapshots,
                states,
                versions,
                indices,
                ShardGenerations.EMPTY,
                IndexMetaDataGenerations.EMPTY
            )
        );
    }

    /** The id is the leader index's UUID: a node that restores a shard learns from it which index is meant. */
    private static IndexId indexId(IndexMetadata index) {
        return new IndexId(index.getIndex().getName(), index.getIndexUUID());
    }

    @Override
    public SnapshotInfo getSnapshotInfo(SnapshotId snapshotId) {
        synchronized (prepared) {
            LeaderCopy copy = prepared.get(snapshotId.getName());
            List<String> indices = copy == null ? List.of() : List.of(copy.metadata().getIndex().getName());
            return new SnapshotInfo(snapshotId, indices, List.of(), SnapshotState.SUCCESS, Version.CURRENT);
        }
    }

    @Override
    public Metadata getSnapshotGlobalMetadata(SnapshotId snapshotId) {
        return Metadata.EMPTY_METADATA;
    }

    @Override
    public IndexMetadata getSnapshotIndexMetaData(RepositoryData repositoryData, SnapshotId snapshotId, IndexId index) {
        synchronized (prepared) {
            LeaderCopy copy = prepared.get(snapshotId.getName());
            if (copy == null || copy.metadata().getIndexUUID().equals(index.getId()) == false) {
                throw new RepositoryException(metadata.name(), "index [" + index.getName() + "] is not being bootstrapped");
            }
            return copy.metadata();
        }
    }

    /** Only sizes are of interest here: the allocation wants to know whether a shard fits. Unknown ones count as empty. */
    @Override
    public IndexShardSnapshotStatus getShardSnapshotStatus(SnapshotId snapshotId, IndexId indexId, ShardId shardId) {
        long bytes;
        synchronized (prepared) {
            LeaderShardInfo info = sizes.getOrDefault(indexId.getId(), Map.of()).get(shardId.id());
            bytes = info == null ? 0 : info.sizeBytes();
        }
        return IndexShardSnapshotStatus.newDone(0, 0, 1, 1, bytes, bytes, null);
    }

    @Override
    public void restoreShard(
        Store store,
        SnapshotId snapshotId,
        IndexId indexId,
        ShardId snapshotShardId,
        RecoveryState recoveryState,
        ActionListener<Void> listener
    ) {
        ShardId leader = new ShardId(indexId.getName(), indexId.getId(), snapshotShardId.id());
        restores.start(alias(), leader, store, recoveryState, listener);
    }

    @Override
    public RepositoryMetadata getMetadata() {
        return metadata;
    }

    @Override
    public boolean isReadOnly() {
        return true;
    }

    @Override
    public boolean isSystemRepository() {
        return false;
    }

    @Override
    public long getSnapshotThrottleTimeInNanos() {
        return 0;
    }

    @Override
    public long getRestoreThrottleTimeInNanos() {
        return 0;
    }

    @Override
    public long getRemoteUploadThrottleTimeInNanos() {
        return 0;
    }

    @Override
    public long getRemoteDownloadThrottleTimeInNanos() {
        return 0;
    }

    @Override
    public long getLowPriorityRemoteDownloadThrottleTimeInNanos() {
        return 0;
    }

    @Override
    public String startVerification() {
        return null;
    }

    @Override
    public void endVerification(String verificationToken) {}

    @Override
    public void verify(String verificationToken, DiscoveryNode localNode) {}

    @Override
    public void updateState(ClusterState state) {}

    @Override
    public void finalizeSnapshot(
        ShardGenerations shardGenerations,
        long repositoryStateId,
        Metadata clusterMetadata,
        SnapshotInfo snapshotInfo,
        Version repositoryMetaVersion,
        Function<ClusterState, ClusterState> stateTransformer,
        ActionListener<RepositoryData> listener
    ) {
        listener.onFailure(readOnly());
    }

    @Override
    public void deleteSnapshots(
        Collection<SnapshotId> snapshotIds,
        long repositoryStateId,
        Version repositoryMetaVersion,
        ActionListener<RepositoryData> listener
    ) {
        listener.onFailure(readOnly());
    }

    @Override
    public void snapshotShard(
        Store store,
        MapperService mapperService,
        SnapshotId snapshotId,
        IndexId indexId,
        IndexCommit snapshotIndexCommit,
        String shardStateIdentifier,
        IndexShardSnapshotStatus snapshotStatus,
        Version repositoryMetaVersion,
        Map<String, Object> userMetadata,
        ActionListener<String> listener,
        IndexMetadata indexMetadata
    ) {
        listener.onFailure(readOnly());
    }

    @Override
    public void cloneShardSnapshot(
        SnapshotId source,
        SnapshotId target,
        RepositoryShardId shardId,
        String shardGeneration,
        ActionListener<String> listener
    ) {
        listener.onFailure(readOnly());
    }

    @Override
    public void executeConsistentStateUpdate(
        Function<RepositoryData, ClusterStateUpdateTask> createUpdateTask,
        String source,
        Consumer<Exception> onFailure
    ) {
        onFailure.accept(readOnly());
    }

    private RepositoryException readOnly() {
        return new RepositoryException(metadata.name(), "a leader cluster can only be read");
    }

    @Override
    protected void doStart() {}

    @Override
    protected void doStop() {}

    @Override
    protected void doClose() {}
}
