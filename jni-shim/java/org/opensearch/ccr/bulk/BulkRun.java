package org.opensearch.ccr.bulk;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.ExceptionsHelper;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.index.Reasons;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.threadpool.ThreadPool;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Queue;
import java.util.function.BiConsumer;

/**
 * Does one thing to each index of a bulk task, several at a time, each as the user who asked for it. A cancelled task begins
 * no further index.
 */
final class BulkRun {

    private static final Logger LOGGER = LogManager.getLogger(BulkRun.class);
    private static final int TRIES = 3;
    private static final TimeValue PAUSE = TimeValue.timeValueSeconds(5);

    private final BulkTask task;
    private final ThreadPool threadPool;
    private final BiConsumer<String, ActionListener<AcknowledgedResponse>> verb;
    private final TimeValue patience;
    private final String unconfirmed;
    private final Runnable done;
    // guarded by this
    private final Queue<String> queue;
    private int inFlight;
    private boolean over;

    /**
     * @param verb     what is done to one index
     * @param patience how long one index may take
     * @param late     what is told of an index that took longer
     * @param done     called once, when nothing is in flight any more
     */
    BulkRun(
        BulkTask task,
        Collection<String> indices,
        ThreadPool threadPool,
        BiConsumer<String, ActionListener<AcknowledgedResponse>> verb,
        TimeValue patience,
        String late,
        Runnable done
    ) {
        this.task = task;
        this.queue = new ArrayDeque<>(indices);
        this.threadPool = threadPool;
        this.verb = verb;
        this.patience = patience;
        this.unconfirmed = late;
        this.done = done;
    }

    /** Begins as many indices as may be under way at once. In the context of the user, which all that follows runs in. */
    void begin(int atOnce) {
        for (int i = 0; i < atOnce; i++) {
            next();
        }
    }

    private void next() {
        String index;
        boolean last;
        synchronized (this) {
            if (task.isCancelled()) {
                task.leftOut(queue.size());
                queue.clear();
            }
            index = queue.poll();
            inFlight += index == null ? 0 : 1;
            last = inFlight == 0 && over == false;
            over |= last;
        }
        if (last) {
            done.run();
        } else if (index != null) {
            soon(index, 1);
        }
    }

    /** On a thread of its own: a chain of answers must not become a stack of calls. */
    private void soon(String index, int attempt) {
        threadPool.generic().execute(threadPool.getThreadContext().preserveContext(() -> attempt(index, attempt)));
    }

    private void attempt(String index, int attempt) {
        long begun = threadPool.relativeTimeInMillis();
        Runnable again = threadPool.getThreadContext().preserveContext(() -> attempt(index, attempt + 1));
        Runnable more = threadPool.getThreadContext().preserveContext(this::next);
        ActionListener<AcknowledgedResponse> outcome = ActionListener.wrap(answer -> {
            if (answer.isAcknowledged()) {
                task.succeeded();
            } else {
                task.failed(index, unconfirmed);
            }
            ended(more);
        }, e -> {
            if (attempt < TRIES && passing(e)) {
                threadPool.schedule(again, PAUSE, ThreadPool.Names.GENERIC);
                return;
            }
            boolean late = threadPool.relativeTimeInMillis() - begun >= patience.millis();
            LOGGER.info("bulk task [{}]: nothing came of [{}]: {}", task.getId(), index, Reasons.of(e));
            task.failed(index, late ? unconfirmed : Reasons.of(e));
            ended(more);
        });
        try {
            verb.accept(index, outcome);
        } catch (Exception e) {
            outcome.onFailure(e);
        }
    }

    private void ended(Runnable more) {
        synchronized (this) {
            inFlight--;
        }
        more.run();
    }

    /** Whether the same might be done a moment later. */
    private static boolean passing(Exception e) {
        RestStatus status = ExceptionsHelper.status(e);
        return status == RestStatus.TOO_MANY_REQUESTS || status == RestStatus.SERVICE_UNAVAILABLE;
    }
}
