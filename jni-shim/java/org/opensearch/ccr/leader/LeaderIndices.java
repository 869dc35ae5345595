package org.opensearch.ccr.leader;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.ccr.common.StepLoop;
import org.opensearch.cluster.ClusterChangedEvent;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ClusterStateListener;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;
import org.opensearch.threadpool.Scheduler;
import org.opensearch.threadpool.ThreadPool;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Tells followers which indices this cluster has, and when that changes. A request that waits holds no thread; a changed
 * cluster state is looked at once for all of them.
 */
public final class LeaderIndices implements ClusterStateListener {

    private static final Logger LOGGER = LogManager.getLogger(LeaderIndices.class);
    /** Requests that wait on one node: one for each rule of each follower cluster, and some that were given up there. */
    static final int WAITING_MAX = 1_000;
    static final TimeValue WAIT_MAX = TimeValue.timeValueMinutes(5);

    private final ClusterService clusterService;
    private final ThreadPool threadPool;
    private final Set<Waiting> waiting = ConcurrentHashMap.newKeySet();
    private final StepLoop loop;

    public LeaderIndices(ClusterService clusterService, ThreadPool threadPool) {
        this.clusterService = clusterService;
        this.threadPool = threadPool;
        this.loop = new StepLoop(threadPool, this::look, e -> LOGGER.warn("cannot tell followers of a change", e));
        clusterService.addListener(this);
    }

    /**
     * Answers a list at once, unless the caller may be kept waiting and has the list that is right. One that waited is not told
     * the list but to ask again, because what it may see has to be judged anew.
     *
     * @param allowed what the Security plugin lets it see, as {@link Listing#of} takes it; null for all
     * @throws OpenSearchRejectedExecutionException when too many wait already
     */
    public void list(ListingRequest request, Set<String> allowed, ActionListener<Listing> listener) {
        Listing now = Listing.of(clusterService.state(), request.patterns(), allowed);
        if (request.waitMillis() == 0 || now.token() != request.known()) {
            listener.onResponse(now);
            return;
        }
        if (waiting.size() >= WAITING_MAX) {
            throw new OpenSearchRejectedExecutionException(waiting.size() + " auto-follow requests wait on this node already");
        }
        new Waiting(request, listener).begin();
        loop.wake(); // it may have changed in between
    }

    @Override
    public void clusterChanged(ClusterChangedEvent event) {
        if (waiting.isEmpty() == false && (event.metadataChanged() || event.routingTableChanged())) {
            loop.wake();
        }
    }

    private void look() {
        ClusterState state = clusterService.state();
        for (Waiting one : waiting) {
            if (Listing.of(state, one.request.patterns(), null).token() != one.request.known()) {
                one.end();
            }
        }
    }

    private final class Waiting {
        private final ListingRequest request;
        private final ActionListener<Listing> listener;
        private final AtomicBoolean ended = new AtomicBoolean();
        private volatile Scheduler.Cancellable timer;

        Waiting(ListingRequest request, ActionListener<Listing> listener) {
            this.request = request;
            this.listener = listener;
        }

        void begin() {
            TimeValue patience = TimeValue.timeValueMillis(Math.min(request.waitMillis(), WAIT_MAX.millis()));
            waiting.add(this);
            timer = threadPool.schedule(this::end, patience, ThreadPool.Names.GENERIC);
            if (ended.get()) {
                timer.cancel(); // answered before there was a timer
            }
        }

        void end() {
            if (ended.compareAndSet(false, true)) {
                waiting.remove(this);
                Scheduler.Cancellable set = timer;
                if (set != null) {
                    set.cancel();
                }
                listener.onResponse(Listing.AGAIN);
            }
        }
    }
}
