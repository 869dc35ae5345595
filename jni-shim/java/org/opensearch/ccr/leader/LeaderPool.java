package org.opensearch.ccr.leader;

import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.concurrent.OpenSearchExecutors;
import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;
import org.opensearch.threadpool.ThreadPool;

import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * The pool that reads for followers, with its two settings in force as soon as they change. The pool itself takes whatever it
 * is given; how many shards may wait for one of its threads is decided here. A shard that may not answers 429.
 */
final class LeaderPool implements Executor {

    private final ThreadPoolExecutor pool;
    private volatile int waitingMax;

    LeaderPool(ClusterService clusterService, ThreadPool threadPool) {
        Settings node = clusterService.getSettings();
        pool = (ThreadPoolExecutor) threadPool.executor(LeaderSide.POOL);
        waitingMax = CcrSettings.LEADER_POOL_QUEUE.get(node);
        clusterService.getClusterSettings().addSettingsUpdateConsumer(CcrSettings.LEADER_POOL_QUEUE, max -> waitingMax = max);
        clusterService.getClusterSettings()
            .addSettingsUpdateConsumer(
                CcrSettings.LEADER_POOL_SIZE,
                size -> threadPool.setThreadPool(Settings.builder().put(LeaderSide.POOL + ".size", threads(node, size)).build())
            );
    }

    /** @param size as the setting has it: 0 leaves it to the number of processors */
    static int threads(Settings node, int size) {
        return size == 0 ? OpenSearchExecutors.allocatedProcessors(node) * 3 / 2 + 1 : size;
    }

    /** @throws OpenSearchRejectedExecutionException when no thread is free and enough shards wait for one */
    @Override
    public void execute(Runnable reads) {
        int max = waitingMax;
        if (pool.getQueue().size() >= max && pool.getActiveCount() >= pool.getMaximumPoolSize()) {
            throw new OpenSearchRejectedExecutionException("[" + max + "] shards wait for a thread that reads for followers");
        }
        pool.execute(reads);
    }
}
