package org.opensearch.ccr.follower;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.store.AlreadyClosedException;
import org.opensearch.ExceptionsHelper;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.core.NativeAnswer;
import org.opensearch.ccr.core.NativeException;
import org.opensearch.ccr.core.NativeMethod;
import org.opensearch.ccr.core.NativeSession;
import org.opensearch.ccr.core.NativeStatus;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.proto.CoreProto.EventKind;
import org.opensearch.ccr.proto.CoreProto.FollowerConfig;
import org.opensearch.ccr.proto.CoreProto.FollowerEffect;
import org.opensearch.ccr.proto.CoreProto.FollowerEffects;
import org.opensearch.ccr.proto.CoreProto.FollowerEvent;
import org.opensearch.ccr.proto.CoreProto.FollowerLook;
import org.opensearch.ccr.proto.CoreProto.FollowerState;
import org.opensearch.ccr.proto.CoreProto.FollowerStatus;
import org.opensearch.ccr.security.Refusals;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.threadpool.Scheduler;
import org.opensearch.threadpool.ThreadPool;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The event loop of one followed shard: events go into the native state machine one at a time, and what it answers is done by
 * {@link PumpEffects}. It decides nothing itself. Events may be offered from any thread and never wait; the loop runs on the
 * follower pool only while there are events, so an idle shard holds no thread.
 */
final class ShardPump {
    /** Told from the loop. */
    interface Owner {
        /** Nothing is in flight any more. STOPPED was asked for; anything else is the end of following. */
        void done(ShardPump pump, FollowerState state, ErrorClass error, String reason);
    }

    private static final Logger LOGGER = LogManager.getLogger(ShardPump.class);
    private static final long NEVER = Long.MAX_VALUE;
    private static final long NO_TIME = Long.MIN_VALUE;
    private static final TimeValue SHORT_OF_MEMORY = TimeValue.timeValueMillis(100);
    private static final WallTime WALL = new WallTime(System::currentTimeMillis, ShardPump::nowMillis);

    private record Input(FollowerEvent.Builder event, BytesReference payload) {}

    private final FollowerContext context;
    private final ShardFollowParams params;
    private final IndexShard shard;
    private final Owner owner;
    private final NativeSession session;
    private final PumpEffects effects;
    private final ConcurrentLinkedQueue<Input> events = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();
    private final Object calls = new Object(); // the session serves one caller at a time: the loop, or status()
    private final String history;
    private volatile boolean closed;
    private volatile FollowerStatus lastStatus = FollowerStatus.getDefaultInstance();
    private volatile PumpFailure failure = PumpFailure.NONE;
    // the loop's own
    private Scheduler.ScheduledCancellable timer;
    private long timerAt = NEVER;
    private boolean reported;

    /** @param history history UUID of the leader shard: another one is refused; empty accepts any */
    ShardPump(FollowerContext context, ShardFollowParams params, IndexShard shard, String history, Owner owner) {
        this.context = context;
        this.params = params;
        this.shard = shard;
        this.history = history;
        this.owner = owner;
        this.session = context.core().openFollower(config());
        this.effects = new PumpEffects(context, params, shard, this);
    }

    IndexShard shard() {
        return shard;
    }

    /** Begins after what the follower primary has persisted. Metadata versions in place are unknown: the first answer brings them. */
    void start() {
        offer(
            event(EventKind.EVENT_START).setNextSeqNo(shard.getLocalCheckpoint() + 1).setCheckpoint(shard.getLastSyncedGlobalCheckpoint())
        );
    }

    /** Lets what is being applied come to its end, then {@link Owner#done}. */
    void stop() {
        offer(event(EventKind.EVENT_STOP));
    }

    /** Takes changed settings over. */
    void configure() {
        offer(event(EventKind.EVENT_CONFIGURE).setConfig(config()));
    }

    /** A leader can be reached again; nothing when it is another shard's. */
    void leaderBack(String alias) {
        if (alias.equals(params.leaderAlias())) {
            offer(event(EventKind.EVENT_LEADER_BACK));
        }
    }

    /** Ends at once, without a word: the shard is closed. */
    void abort() {
        closed = true;
        session.close();
        offer(event(EventKind.EVENT_TICK)); // the loop clears up
    }

    static FollowerEvent.Builder event(EventKind kind) {
        return FollowerEvent.newBuilder().setKind(kind);
    }

    void offer(FollowerEvent.Builder event) {
        offer(event, null);
    }

    void offer(FollowerEvent.Builder event, BytesReference payload) {
        events.add(new Input(event, payload));
        if (pending.getAndIncrement() == 0) {
            try {
                context.threadPool().executor(FollowerSide.POOL).execute(this::loop);
            } catch (OpenSearchRejectedExecutionException e) {
                session.close(); // the node is shutting down
            }
        }
    }

    /** Offers a failure and remembers it, for people. */
    void offerFailure(FollowerEvent.Builder event, ErrorClass cls, Exception e) {
        failure = PumpFailure.of(cls, e);
        if ((cls == ErrorClass.ERROR_FORBIDDEN || cls == ErrorClass.ERROR_BLOCKED) && Refusals.isSided(e) == false) {
            // whoever has to grant or to lift something must know where
            String side = event.getKind() == EventKind.EVENT_APPLY_FAILED ? "follower" : "leader";
            failure = new PumpFailure(cls, "on the " + side + " cluster: " + failure.text());
        }
        LOGGER.debug(() -> params.description() + " " + event.getKind() + " " + cls, e);
        offer(event.setError(cls));
    }

    private void loop() {
        do {
            Input input = events.poll();
            try {
                step(input);
            } catch (Exception e) {
                LOGGER.error(params.description() + " stopped following", e);
                broken(e);
            }
        } while (pending.decrementAndGet() > 0);
    }

    private void step(Input input) {
        if (closed) {
            cancelTimer();
            effects.clear();
            return;
        }
        NativeAnswer<FollowerEffects> answer;
        try {
            FollowerEvent event = input.event.setNowMs(nowMillis()).build();
            synchronized (calls) {
                answer = session.call(NativeMethod.FOLLOWER_EVENT, event, input.payload, FollowerEffects.parser());
            }
        } catch (NativeException e) {
            refused(input, e);
            return;
        }
        FollowerEffects todo = answer.envelope();
        if (todo.getRefused().isEmpty() == false) {
            boolean foreign = todo.getError() == ErrorClass.ERROR_HISTORY_CHANGED;
            failure = new PumpFailure(foreign ? todo.getError() : ErrorClass.ERROR_CORRUPT, todo.getRefused());
        }
        if (todo.getReceivedBatchId() != 0) {
            effects.keep(todo.getReceivedBatchId(), todo.getReceived(), answer.payload(), input.payload);
        }
        if (input.event.getKind() == EventKind.EVENT_APPLIED) {
            effects.applied(input.event.getId());
        }
        for (FollowerEffect effect : todo.getEffectsList()) {
            switch (effect.getKind()) {
                case EFFECT_REPORT -> report(todo);
                case EFFECT_DONE -> done(todo);
                default -> effects.execute(effect);
            }
        }
        if (closed == false) {
            schedule(todo.getNextDeadlineMs());
        }
    }

    /** An event that the core did not take. */
    private void refused(Input input, NativeException e) {
        if (closed || e.nativeStatus() == NativeStatus.CLOSED) {
            return;
        }
        ErrorClass cls = ErrorClassifier.classify(e);
        if (input.event.getKind() == EventKind.EVENT_FETCHED && e.nativeStatus() != NativeStatus.BROKEN) {
            offerFailure(event(EventKind.EVENT_FETCH_FAILED).setId(input.event.getId()), cls, e);
        } else if (cls == ErrorClass.ERROR_OVERLOADED || cls == ErrorClass.ERROR_TRANSIENT) {
            context.threadPool().scheduleUnlessShuttingDown(SHORT_OF_MEMORY, FollowerSide.POOL, () -> offer(input.event, input.payload));
        } else {
            throw e;
        }
    }

    private void report(FollowerEffects todo) {
        if (todo.getError() != ErrorClass.ERROR_NONE) {
            reported = true;
            LOGGER.warn("{} {} because of {}: {}", params.description(), todo.getState(), todo.getError(), failure.text());
        } else if (reported) {
            reported = false;
            LOGGER.info("{} goes on", params.description());
        } else {
            LOGGER.debug("{} {}", params.description(), todo.getState());
        }
    }

    private void done(FollowerEffects todo) {
        refreshStatus();
        end();
        owner.done(this, todo.getState(), todo.getError(), failure.text());
    }

    private void broken(Exception e) {
        if (closed) {
            return;
        }
        failure = PumpFailure.of(ErrorClass.ERROR_FATAL, e);
        end();
        owner.done(this, FollowerState.STATE_BROKEN, ErrorClass.ERROR_FATAL, failure.text());
    }

    private void end() {
        closed = true;
        cancelTimer();
        effects.clear();
        session.close();
    }

    private void schedule(long deadline) {
        if (deadline == NEVER) {
            return; // a timer that is running finds nothing to do
        }
        if (timer != null && timerAt <= deadline && timerAt > nowMillis()) {
            return; // it fires early enough, and its TICK asks for the next; one that has fired does not fire again
        }
        cancelTimer();
        timerAt = deadline;
        try {
            timer = context.threadPool().schedule(
                () -> offer(event(EventKind.EVENT_TICK)),
                TimeValue.timeValueMillis(Math.max(1, deadline - nowMillis())),
                ThreadPool.Names.SAME
            );
        } catch (OpenSearchRejectedExecutionException e) {
            timer = null; // the node is shutting down
        }
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        timerAt = NEVER;
    }

    /** Not the thread pool's clock, which stands still for 200 ms at a time. */
    private static long nowMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    private FollowerConfig config() {
        return context.configs().of(shard.indexSettings(), params.leaderShard(), history);
    }

    private FollowerStatus refreshStatus() {
        synchronized (calls) {
            try {
                if (closed == false) {
                    FollowerLook look = FollowerLook.newBuilder().setNowMs(nowMillis()).build();
                    lastStatus = session.call(NativeMethod.FOLLOWER_STATUS, look, null, FollowerStatus.parser()).envelope();
                }
            } catch (NativeException e) {
                LOGGER.debug("no status", e); // closed meanwhile: the last one stands
            }
        }
        return lastStatus;
    }

    /** How this shard stands now. */
    ShardStatus status() {
        FollowerStatus s = refreshStatus();
        PumpFailure why = failure;
        boolean well = s.getError() == ErrorClass.ERROR_NONE && ShardStatus.gaveUp(s.getState()) == false;
        long since = s.getError() == ErrorClass.ERROR_NONE ? s.getStateSinceMs() : s.getErrorSinceMs();
        long followerCheckpoint = -1;
        long seqNo = 0;
        try {
            followerCheckpoint = shard.getLastSyncedGlobalCheckpoint();
            seqNo = shard.getLocalCheckpoint() + 1;
        } catch (AlreadyClosedException e) {
            LOGGER.debug("shard is closed", e);
        }
        return new ShardStatus(
            params.followerShard(),
            s.getState(),
            s.getError(),
            s.getAttempts(),
            epochMillis(since),
            well ? "" : lastWords(s.getError(), why),
            // What we have, the leader had: before its first answer this is the better bound.
            Math.max(s.getLeaderCheckpoint(), followerCheckpoint),
            followerCheckpoint,
            seqNo,
            s.getOperationsFetched(),
            s.getOperationsApplied(),
            s.getFetchesFailed(),
            s.getAppliesFailed(),
            s.getFetchesThrottled(),
            effects.throttledWrites(),
            effects.writeMillis(),
            figures(s, why.text())
        );
    }

    /** Nobody says anything about an answer that did not come. */
    private static String lastWords(ErrorClass error, PumpFailure why) {
        boolean silence = why.text().isEmpty() || error == ErrorClass.ERROR_UNREACHABLE && why.cls() != error;
        return silence ? "no answer in time" : why.text();
    }

    private static ShardFigures figures(FollowerStatus s, String lastError) {
        boolean erred = s.getLastError() != ErrorClass.ERROR_NONE;
        return new ShardFigures(
            s.getLagMs(),
            s.getLagOperations(),
            s.getLagBytes(),
            s.getOperationsPerSecond(),
            s.getRawBytesPerSecond(),
            s.getPackedBytesPerSecond(),
            s.getRawBytes(),
            s.getPackedBytes(),
            s.getBytesHeld(),
            s.getHeardMs() == NO_TIME ? 0 : epochMillis(s.getHeardMs()),
            s.getAppliedMs() == NO_TIME ? 0 : epochMillis(s.getAppliedMs()),
            s.getLastError(),
            erred ? epochMillis(s.getLastErrorMs()) : 0,
            s.getLastErrorAttempts(),
            erred ? lastError : ""
        );
    }

    /** Of a time on the clock of {@link #nowMillis}. */
    private static long epochMillis(long monotonic) {
        return WALL.epochMillis(monotonic);
    }

    /** The last thing that went wrong. */
    record PumpFailure(ErrorClass cls, String text) {
        static final PumpFailure NONE = new PumpFailure(ErrorClass.ERROR_NONE, "");

        static PumpFailure of(ErrorClass cls, Exception e) {
            Throwable cause = ExceptionsHelper.unwrapCause(e);
            return new PumpFailure(cls, cause.getClass().getName() + " - \"" + cause.getMessage() + "\"");
        }
    }
}
