package org.opensearch.ccr.bootstrap;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.store.AlreadyClosedException;
import org.opensearch.ExceptionsHelper;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.core.CodecLevel;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.leader.LeaderFilesRequest.Range;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.ccr.security.Refusals;
import org.opensearch.common.CheckedConsumer;
import org.opensearch.common.CheckedRunnable;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.common.unit.ByteSizeUnit;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.index.seqno.SequenceNumbers;
import org.opensearch.index.store.Store;
import org.opensearch.indices.recovery.RecoveryState;
import org.opensearch.threadpool.Scheduler;
import org.opensearch.threadpool.ThreadPool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Copies one shard from its leader: lease, session, chunks of several files at a time, and the check of the whole. A broken
 * connection costs the chunks that were on their way; a lost session is opened again and what is the same is kept. An outage may
 * last as long as it likes ({@link RestorePatience}). No thread waits: answers are handled on generic threads.
 */
final class ShardRestore {

    private static final Logger logger = LogManager.getLogger(ShardRestore.class);
    private static final long RETRY_MIN_MILLIS = 100;
    private static final long RETRY_MAX_MILLIS = 2_000;
    private static final long CHUNK_MAX = ByteSizeUnit.MB.toBytes(32);

    /**
     * @param chunkBytes plain bytes of one chunk; the leader may send fewer
     * @param parallel   chunks on their way at a time
     */
    record Options(long chunkBytes, int parallel, WireProto.Codec codec, int level, TimeValue renewal) {}

    private record Piece(RestoreFile file, long offset, int length) {}

    private final LeaderShardFiles leader;
    private final Supplier<String> expectedHistory;
    private final Store store;
    private final RestorePlan plan;
    private final RecoveryState recovery;
    private final NativeCore core;
    private final ThreadPool threadPool;
    private final Options options;
    private final Consumer<BootstrapWait> waits;
    private final ActionListener<Void> listener;

    // guarded by this
    private final Deque<Piece> again = new ArrayDeque<>();
    private List<RestoreFile> missing = List.of();
    private int current;
    private int inFlight;
    private int held;         // chunks on their way or in memory before their turn
    private boolean opening = true;
    private boolean sessionLost;
    private boolean pausing;
    private boolean ended;
    private BootstrapWait wait; // null while it goes on
    private final RestorePatience patience = new RestorePatience(System.nanoTime());
    private Scheduler.Cancellable renewals;

    ShardRestore(
        LeaderShardFiles leader,
        Supplier<String> expectedHistory,
        Store store,
        RecoveryState recovery,
        NativeCore core,
        ThreadPool threadPool,
        Options options,
        Consumer<BootstrapWait> waits,
        ActionListener<Void> listener
    ) {
        this.leader = leader;
        this.expectedHistory = expectedHistory;
        this.store = store;
        this.recovery = recovery;
        this.core = core;
        this.threadPool = threadPool;
        this.options = options;
        this.waits = waits;
        this.listener = listener;
        this.plan = new RestorePlan(store, leader.session(), recovery.getIndex());
    }

    /** The lease comes before the commit: so nothing after the commit can go missing. */
    void start() {
        patiently(leader::retain, retained -> {
            synchronized (this) {
                if (ended == false) {
                    renewals = threadPool.scheduleWithFixedDelay(this::renew, options.renewal(), ThreadPool.Names.GENERIC);
                }
            }
            open();
        });
    }

    /** The shard closes. */
    void cancel() {
        end(new AlreadyClosedException("shard " + leader.follower() + " is closed"));
    }

    private void open() {
        patiently(leader::open, commit -> {
            String expected = expectedHistory.get();
            if (expected.isEmpty() == false && expected.equals(commit.getHistoryUUID()) == false) {
                String text = "the leader's history is [" + commit.getHistoryUUID() + "] now, it was [" + expected + "]";
                end(ReplicationException.of(ErrorClass.ERROR_HISTORY_CHANGED, RestStatus.CONFLICT, text, null));
                return;
            }
            withStore(() -> plan.take(commit));
            synchronized (this) {
                missing = plan.missing();
                again.removeIf(piece -> missing.contains(piece.file()) == false);
                current = 0;
                held = missing.stream().mapToInt(RestoreFile::waiting).sum();
                opening = false;
                sessionLost = false;
            }
            pump();
        });
    }

    private void pump() {
        List<Piece> pieces = new ArrayList<>();
        boolean reopen = false;
        boolean complete = false;
        synchronized (this) {
            if (ended || opening || pausing) {
                return;
            }
            if (sessionLost) {
                reopen = inFlight == 0;
            } else {
                for (Piece piece = next(); piece != null; piece = next()) {
                    inFlight++;
                    held++;
                    pieces.add(piece);
                }
                complete = inFlight == 0;
            }
            opening = reopen || complete;
        }
        if (reopen) {
            open();
        } else if (complete) {
            threadPool.generic().execute(() -> guarded(this::finish));
        } else {
            pieces.forEach(this::fetch);
        }
    }

    /** The next piece to ask for; null when enough are on their way or all have been asked for. */
    private Piece next() {
        if (inFlight >= options.parallel()) {
            return null;
        }
        if (again.isEmpty() == false) {
            return again.poll();
        }
        while (current < missing.size() && missing.get(current).asked >= missing.get(current).metadata().length()) {
            current++;
        }
        if (current == missing.size() || held >= 2 * options.parallel()) {
            return null;
        }
        RestoreFile file = missing.get(current);
        long offset = file.asked;
        int length = (int) Math.min(Math.min(options.chunkBytes(), CHUNK_MAX), file.metadata().length() - offset);
        file.asked += length;
        return new Piece(file, offset, length);
    }

    private void fetch(Piece piece) {
        int level = CodecLevel.of(options.codec(), options.level());
        Range range = new Range(piece.file().name(), piece.offset(), piece.length(), options.codec(), level);
        ActionListener<BytesReference> answer = onGeneric(
            ActionListener.wrap(frame -> received(piece, frame), e -> missed(piece, e))
        );
        try {
            leader.chunk(range, answer);
        } catch (Exception e) {
            answer.onFailure(e);
        }
    }

    private void received(Piece piece, BytesReference frame) throws Exception {
        BytesReference plain = core.codec().unpackChunk(frame);
        if (plain.length() == 0 || plain.length() > piece.length()) {
            String text = "a chunk of [" + plain.length() + "] bytes in place of [" + piece.length() + "]";
            throw ReplicationException.of(ErrorClass.ERROR_CORRUPT, RestStatus.INTERNAL_SERVER_ERROR, text, null);
        }
        int[] written = new int[1];
        try {
            withStore(() -> written[0] = piece.file().put(piece.offset(), plain));
        } catch (Exception e) {
            end(e); // what this node cannot write does not become better by asking the leader again
            return;
        }
        recovery.getIndex().addRecoveredBytesToFile(piece.file().name(), plain.length());
        synchronized (this) {
            inFlight--;
            held -= written[0];
            goesOn();
            if (plain.length() < piece.length()) {
                again.addFirst(new Piece(piece.file(), piece.offset() + plain.length(), piece.length() - plain.length()));
            }
        }
        pump();
    }

    /** Guarded by this. */
    private void goesOn() {
        patience.arrived(System.nanoTime());
        if (wait != null) {
            wait = null;
            waits.accept(null);
        }
    }

    private void missed(Piece piece, Exception e) {
        synchronized (this) {
            inFlight--;
            held--;
            again.add(piece);
            sessionLost |= isSessionLost(e);
        }
        retry(e, this::pump);
    }

    private static boolean isSessionLost(Exception e) {
        return ErrorClassifier.classify(e) == ErrorClass.ERROR_TRANSIENT && ExceptionsHelper.status(e) == RestStatus.NOT_FOUND;
    }

    private void finish() throws Exception {
        withStore(plan::finish);
        String checkpoint = plan.source().getCommitUserData().get(SequenceNumbers.LOCAL_CHECKPOINT_KEY);
        long retaining = Long.parseLong(checkpoint) + 1;
        this.<Void>patiently(answer -> leader.renew(retaining, answer), renewed -> {
            leader.release();
            end(null);
        });
    }

    private void renew() {
        leader.renew(LeaderLeases.RETAIN_ALL, ActionListener.wrap(renewed -> {}, e -> {
            if (ErrorClassifier.classify(e) == ErrorClass.ERROR_HISTORY_GONE) {
                threadPool.generic().execute(() -> end(e));
            } else {
                logger.debug("{} the lease on the leader is not renewed yet: {}", leader.follower(), e);
            }
        }));
    }

    /** Makes a call until it is answered or cannot be; the answer is handled on a generic thread. */
    private <T> void patiently(Consumer<ActionListener<T>> call, CheckedConsumer<T, Exception> then) {
        ActionListener<T> answer = onGeneric(
            ActionListener.wrap(
                response -> guarded(() -> {
                    synchronized (this) {
                        goesOn();
                    }
                    then.accept(response);
                }),
                e -> retry(e, () -> patiently(call, then))
            )
        );
        synchronized (this) {
            if (ended) {
                return;
            }
        }
        try {
            call.accept(answer);
        } catch (Exception e) {
            answer.onFailure(e);
        }
    }

    /** Goes on after a while, or ends when waiting does not help. */
    private void retry(Exception e, Runnable then) {
        ErrorClass cls = ErrorClassifier.classifyCall(e);
        boolean patient;
        long delay;
        synchronized (this) {
            if (ended || pausing) {
                return;
            }
            patient = patience.lasts(cls, System.nanoTime());
            if (patient == false && cls == ErrorClass.ERROR_CORRUPT) {
                cls = ErrorClass.ERROR_FATAL; // core must not give the shard another try
            }
            pausing = patient;
            int attempts = this.wait == null ? 0 : this.wait.attempts();
            delay = Math.min(RETRY_MAX_MILLIS, RETRY_MIN_MILLIS << Math.min(attempts, 16));
            this.wait = BootstrapWait.after(this.wait, cls, (Refusals.isSided(e) ? "" : "on the leader cluster: ") + RestoreProgress.textOf(e));
            waits.accept(this.wait);
        }
        if (patient == false) {
            String text = "cannot copy " + leader.follower() + " from the leader: " + RestoreProgress.textOf(e);
            end(ReplicationException.of(cls, RestStatus.INTERNAL_SERVER_ERROR, text, e));
            return;
        }
        logger.info("{} bootstrap waits for the leader: {}", leader.follower(), RestoreProgress.textOf(e));
        long jittered = delay / 2 + ThreadLocalRandom.current().nextLong(delay / 2 + 1);
        threadPool.scheduleUnlessShuttingDown(TimeValue.timeValueMillis(jittered), ThreadPool.Names.GENERIC, () -> {
            synchronized (this) {
                pausing = false;
            }
            then.run();
        });
    }

    private <T> ActionListener<T> onGeneric(ActionListener<T> then) {
        return ActionListener.wrap(
            response -> threadPool.generic().execute(() -> {
                try {
                    then.onResponse(response);
                } catch (Exception e) {
                    end(e);
                }
            }),
            e -> threadPool.generic().execute(() -> then.onFailure(e))
        );
    }

    private void guarded(CheckedRunnable<Exception> step) {
        try {
            step.run();
        } catch (Exception e) {
            end(e);
        }
    }

    private void withStore(CheckedRunnable<Exception> step) throws Exception {
        if (store.isClosing() || store.tryIncRef() == false) {
            throw new AlreadyClosedException("shard " + leader.follower() + " is closed");
        }
        try {
            step.run();
        } finally {
            store.decRef();
        }
    }

    /** @param failure null when all is well */
    private void end(Exception failure) {
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            if (renewals != null) {
                renewals.cancel();
            }
        }
        threadPool.generic().execute(() -> {
            if (failure == null) {
                listener.onResponse(null);
                return;
            }
            leader.release();
            if (store.tryIncRef()) {
                try {
                    plan.abandon();
                } finally {
                    store.decRef();
                }
            }
            listener.onFailure(failure);
        });
    }
}
