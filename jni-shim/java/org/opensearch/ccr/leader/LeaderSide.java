package org.opensearch.ccr.leader;

import org.opensearch.action.ActionRequest;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.concurrent.OpenSearchExecutors;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.index.IndexModule;
import org.opensearch.index.translog.TranslogDeletionPolicyFactory;
import org.opensearch.plugins.ActionPlugin.ActionHandler;
import org.opensearch.threadpool.ExecutorBuilder;
import org.opensearch.threadpool.FixedExecutorBuilder;
import org.opensearch.threadpool.ThreadPool;

import java.util.List;

/** What the plugin registers so that a node can be read from: actions, pools, listeners and the translog's keeping. */
public final class LeaderSide {

    /** Reads of operations. */
    static final String POOL = "replication_leader";
    /** Reads of files: apart, so that a bootstrap does not hold up live followers. */
    static final String FILES_POOL = "replication_leader_files";

    /** {@link LeaderPool} bounds it, since a pool's own bound cannot be changed. */
    private static final int UNBOUNDED = -1;

    private final LeaderShards shards;
    private final FileSessions sessions;

    public LeaderSide(NativeCore core, ClusterService clusterService, ThreadPool threadPool) {
        shards = new LeaderShards(core, threadPool, clusterService);
        sessions = new FileSessions(clusterService, threadPool);
    }

    /** For {@code ActionPlugin.getActions}. */
    public static List<ActionHandler<? extends ActionRequest, ? extends ActionResponse>> actions() {
        return List.of(
            new ActionHandler<>(FetchBatchAction.INSTANCE, TransportFetchBatchAction.class),
            new ActionHandler<>(LeaderFilesAction.INSTANCE, TransportLeaderFilesAction.class),
            new ActionHandler<>(SetupValidateAction.INSTANCE, TransportSetupValidateAction.class)
        );
    }

    /** For {@code Plugin.getExecutorBuilders}. */
    public static List<ExecutorBuilder<?>> executors(Settings settings) {
        int processors = OpenSearchExecutors.allocatedProcessors(settings);
        int threads = LeaderPool.threads(settings, CcrSettings.LEADER_POOL_SIZE.get(settings));
        int queue = CcrSettings.LEADER_POOL_QUEUE.get(settings);
        return List.of(
            new FixedExecutorBuilder(settings, POOL, threads, UNBOUNDED, "thread_pool." + POOL),
            new FixedExecutorBuilder(settings, FILES_POOL, Math.max(2, processors / 2), queue, "thread_pool." + FILES_POOL)
        );
    }

    /** For {@code EnginePlugin.getCustomTranslogDeletionPolicyFactory}. */
    public static TranslogDeletionPolicyFactory translogDeletionPolicy() {
        return LeaseTranslogDeletionPolicy::create;
    }

    /** For {@code Plugin.createComponents}; the actions have them injected, and the {@link NativeCore} beside them. */
    public List<Object> components() {
        return List.of(shards, sessions);
    }

    /** For {@code Plugin.onIndexModule}. */
    public void onIndexModule(IndexModule module) {
        module.addIndexEventListener(shards);
        module.addIndexEventListener(sessions);
    }

    public LeaderShards shards() {
        return shards;
    }
}
