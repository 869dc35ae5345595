package org.opensearch.ccr.follower;

import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.link.LeaderLinks;
import org.opensearch.ccr.metadata.MetadataSync;
import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.index.IndexModule;
import org.opensearch.index.IndexSettings;
import org.opensearch.index.engine.EngineFactory;
import org.opensearch.persistent.PersistentTaskParams;
import org.opensearch.persistent.PersistentTaskState;
import org.opensearch.persistent.PersistentTasksExecutor;
import org.opensearch.plugins.ActionPlugin;
import org.opensearch.threadpool.ExecutorBuilder;
import org.opensearch.threadpool.ScalingExecutorBuilder;
import org.opensearch.threadpool.ThreadPool;

import java.util.List;
import java.util.Optional;

/**
 * What the plugin registers for following. The static methods serve the hooks that OpenSearch calls before it creates
 * components; the object is made in {@code createComponents} and lives as long as the node.
 */
public final class FollowerSide {
    /** Pool that applies batches and runs the state machines. */
    public static final String POOL = "replication_follower";
    private static final int POOL_MAX = 10;

    private final FollowerShards shards = new FollowerShards();
    private final ShardFollowTasks tasks = new ShardFollowTasks();
    private final FollowerWriteGuard guard;
    private final ShardFollowExecutor executor;

    public FollowerSide(
        ClusterService clusterService,
        ThreadPool threadPool,
        IndexNameExpressionResolver resolver,
        NativeCore core,
        RoleClients clients,
        MetadataSync metadata,
        LeaderLeases leases,
        ReplicationStore store,
        LeaderLinks links
    ) {
        FollowerConfigs configs = new FollowerConfigs(
            clusterService.getSettings(),
            clusterService.getClusterSettings(),
            () -> tasks.pumps().forEach(ShardPump::configure)
        );
        FollowerContext context = new FollowerContext(
            clusterService,
            threadPool,
            core,
            clients,
            metadata,
            leases,
            shards,
            tasks,
            configs,
            new DiskWatch(core.judge(), clusterService.getSettings(), clusterService.getClusterSettings())
        );
        links.whenBack(alias -> tasks.pumps().forEach(pump -> pump.leaderBack(alias)));
        executor = new ShardFollowExecutor(context);
        new PausedLeases(context, store).begin();
        guard = new FollowerWriteGuard(clusterService, resolver, threadPool.getThreadContext());
        clusterService.addListener(new FollowerBlockKeeper(clusterService));
    }

    /** For {@code Plugin.getExecutorBuilders}. */
    public static List<ExecutorBuilder<?>> executors() {
        return List.of(new ScalingExecutorBuilder(POOL, 1, POOL_MAX, TimeValue.timeValueMinutes(1)));
    }

    /** For {@code Plugin.getNamedWriteables}. */
    public static List<NamedWriteableRegistry.Entry> namedWriteables() {
        return List.of(
            new NamedWriteableRegistry.Entry(PersistentTaskParams.class, ShardFollowParams.NAME, ShardFollowParams::new),
            new NamedWriteableRegistry.Entry(PersistentTaskState.class, ShardFollowState.NAME, ShardFollowState::new)
        );
    }

    /** For {@code Plugin.getNamedXContent}. */
    public static List<NamedXContentRegistry.Entry> namedXContent() {
        return List.of(
            new NamedXContentRegistry.Entry(
                PersistentTaskParams.class,
                new ParseField(ShardFollowParams.NAME),
                ShardFollowParams::fromXContent
            ),
            new NamedXContentRegistry.Entry(PersistentTaskState.class, new ParseField(ShardFollowState.NAME), ShardFollowState::fromXContent)
        );
    }

    /** For {@code ActionPlugin.getActions}. */
    public static List<ActionPlugin.ActionHandler<?, ?>> actions() {
        return List.of(
            new ActionPlugin.ActionHandler<>(ReplayBatchAction.INSTANCE, TransportReplayBatchAction.class, TransportReplayCopiesAction.class),
            new ActionPlugin.ActionHandler<>(PromoteShardAction.INSTANCE, TransportPromoteShardAction.class, TransportPromoteCopiesAction.class),
            new ActionPlugin.ActionHandler<>(ReplicaSyncAction.INSTANCE, ReplicaSyncAction.Transport.class)
        );
    }

    /** For {@code EnginePlugin.getEngineFactory}. */
    public static Optional<EngineFactory> engineFactory(IndexSettings settings) {
        return FollowerEngineFactory.of(settings);
    }

    /** For {@code Plugin.onIndexModule}, for every index. */
    public void onIndexModule(IndexModule module) {
        if (module.getSettings().hasValue(CcrSettings.LEADER_INDEX.getKey())) {
            module.addIndexEventListener(shards);
        }
    }

    /** For {@code ActionPlugin.getActionFilters}. */
    public FollowerWriteGuard writeGuard() {
        return guard;
    }

    /** For {@code PersistentTaskPlugin.getPersistentTasksExecutor}. */
    public List<PersistentTasksExecutor<?>> persistentTasks() {
        return List.of(executor);
    }

    /** The shards followed on this node, for status and statistics. */
    public ShardFollowTasks tasks() {
        return tasks;
    }
}
