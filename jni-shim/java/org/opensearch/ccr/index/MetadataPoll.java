package org.opensearch.ccr.index;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.metadata.LeaderVersions;
import org.opensearch.ccr.metadata.MetadataSync;
import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.threadpool.Scheduler;
import org.opensearch.threadpool.ThreadPool;

/**
 * Compares a follower's metadata with its leader's from time to time, whatever the answers of the leader say of it: the
 * fallback for a change that nobody has told, and for settings of the user that were stored while the replication was paused
 * or the leader away. The first time is at once. Ends with {@link #close}.
 */
final class MetadataPoll implements Runnable {

    private static final Logger LOGGER = LogManager.getLogger(MetadataPoll.class);
    /** The least interval that the setting can have: a changed one is in force within it. */
    private static final TimeValue TICK = TimeValue.timeValueSeconds(5);

    private final String follower;
    private final ReplicationStore store;
    private final MetadataSync metadata;
    private final ClusterService clusterService;
    private final ThreadPool threadPool;
    private final Scheduler.Cancellable ticks;
    private volatile long lastMillis;
    /** The user's settings as they were taken over last; null when it is not known. */
    private volatile Settings inPlace;

    MetadataPoll(
        String follower,
        ReplicationStore store,
        MetadataSync metadata,
        ClusterService clusterService,
        ThreadPool threadPool
    ) {
        this.follower = follower;
        this.store = store;
        this.metadata = metadata;
        this.clusterService = clusterService;
        this.threadPool = threadPool;
        look();
        this.ticks = threadPool.scheduleWithFixedDelay(this, TICK, ThreadPool.Names.GENERIC);
    }

    void close() {
        ticks.cancel();
    }

    @Override
    public void run() {
        TimeValue interval = clusterService.getClusterSettings().get(CcrSettings.METADATA_SYNC_INTERVAL);
        if (threadPool.relativeTimeInMillis() - lastMillis >= interval.millis()) {
            look();
        }
    }

    private void look() {
        lastMillis = threadPool.relativeTimeInMillis();
        store.get(follower, ActionListener.wrap(record -> {
            if (record.isPresent()) {
                compare(record.get().settings());
            }
        }, this::failed));
    }

    private void compare(Settings wanted) {
        ActionListener<LeaderVersions> outcome = ActionListener.wrap(versions -> inPlace = wanted, this::failed);
        // What this cluster has refused it may take by now: a limit was raised, a file put in its place.
        boolean more = LeaderOrigin.of(clusterService.state().metadata().index(follower)).mayTakeMore();
        if (wanted.equals(inPlace) && more == false) {
            metadata.lookAgain(follower, LeaderVersions.NONE, outcome);
        } else {
            metadata.refresh(follower, outcome);
        }
    }

    private void failed(Exception e) {
        LOGGER.debug("[{}] cannot be compared with its leader now: {}", follower, e.getMessage());
    }
}
