package org.opensearch.ccr.verify;

import org.opensearch.ExceptionsHelper;
import org.opensearch.OpenSearchException;
import org.opensearch.OpenSearchSecurityException;
import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.core.NativeMethod;
import org.opensearch.ccr.core.NativeSession;
import org.opensearch.ccr.digest.DigestAnswer;
import org.opensearch.ccr.digest.DigestQuestion;
import org.opensearch.ccr.leader.LeaderFilesAction;
import org.opensearch.ccr.leader.LeaderFilesRequest;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.proto.CoreProto.VerifyEffects;
import org.opensearch.ccr.proto.CoreProto.VerifyEvent;
import org.opensearch.ccr.proto.CoreProto.VerifyEventKind;
import org.opensearch.ccr.proto.CoreProto.VerifyQuestion;
import org.opensearch.ccr.proto.CoreProto.VerifyState;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.threadpool.Scheduler;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Carries the questions of the native core's comparison to the two shards, and their answers back. One question is out at a
 * time, so little happens at once: an answer, the timer, a request to stop.
 */
final class ShardComparison {

    private static final TimeValue PATIENCE = TimeValue.timeValueMinutes(2);

    /**
     * One side of the comparison.
     *
     * @param cluster for people
     * @param history that the shard must have; empty when any will do
     */
    record Side(String cluster, Client client, ShardId shard, String history) {}

    private final ThreadPool threadPool;
    private final NativeSession session;
    private final Side leader;
    private final Side follower;
    private final long keyLow;
    private final long keyHigh;
    private final Consumer<List<Difference>> report;
    private final ActionListener<ShardResult> listener;

    // guarded by this
    private final Map<Long, DigestAnswer.Entry> onLeader = new HashMap<>();
    private final Map<Long, DigestAnswer.Entry> onFollower = new HashMap<>();
    private Scheduler.Cancellable timer;
    private Exception lastFailure;
    private boolean ended;
    private volatile VerifyEffects last = VerifyEffects.getDefaultInstance();

    /**
     * @param session closed at the end
     * @param key     of the digests, two words
     * @param report  is told of differences as they become certain
     */
    ShardComparison(
        ThreadPool threadPool,
        NativeSession session,
        Side leader,
        Side follower,
        long[] key,
        Consumer<List<Difference>> report,
        ActionListener<ShardResult> listener
    ) {
        this.threadPool = threadPool;
        this.session = session;
        this.leader = leader;
        this.follower = follower;
        this.keyLow = key[0];
        this.keyHigh = key[1];
        this.report = report;
        this.listener = listener;
    }

    void start() {
        step(VerifyEvent.newBuilder().setKind(VerifyEventKind.VERIFY_START));
    }

    /** Ends it with what was found until now. */
    void stop() {
        step(VerifyEvent.newBuilder().setKind(VerifyEventKind.VERIFY_STOP));
    }

    ShardResult progress() {
        return ShardResult.of(follower.shard().id(), last, null);
    }

    /** Why it has given up; null when it has not. */
    synchronized Exception failure() {
        return last.getState() == VerifyState.COMPARISON_GIVEN_UP ? lastFailure : null;
    }

    private void step(VerifyEvent.Builder event) {
        Runnable then;
        try {
            then = take(event);
        } catch (Exception e) {
            fail(e);
            return;
        }
        then.run();
    }

    /** What is to be done outside the lock. */
    private synchronized Runnable take(VerifyEvent.Builder event) {
        if (ended) {
            return () -> {};
        }
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        long now = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        VerifyEffects effects = session.call(
            NativeMethod.VERIFY_EVENT,
            event.setNowMs(now).build(),
            null,
            VerifyEffects.parser()
        ).envelope();
        last = effects;
        if (effects.getRefused().isEmpty() == false) {
            lastFailure = new OpenSearchException(effects.getRefused());
        }
        List<Difference> found = found(effects);
        if (isOver(effects.getState())) {
            ended = true;
            return () -> {
                report.accept(found);
                end(effects);
            };
        }
        if (effects.getQuestion() == VerifyQuestion.QUESTION_NONE && effects.getNextDeadlineMs() != Long.MAX_VALUE) {
            TimeValue delay = TimeValue.timeValueMillis(Math.max(0, effects.getNextDeadlineMs() - now));
            timer = threadPool.schedule(this::tick, delay, ThreadPool.Names.GENERIC);
        }
        List<String> ids = ids(effects);
        return () -> {
            report.accept(found);
            ask(effects, ids);
        };
    }

    private static boolean isOver(VerifyState state) {
        return switch (state) {
            case COMPARISON_NEW, COMPARISON_RUNNING -> false;
            case COMPARISON_COMPLETE, COMPARISON_ENOUGH, COMPARISON_STOPPED, COMPARISON_GIVEN_UP -> true;
            case UNRECOGNIZED -> throw new IllegalStateException("the core is in a state of comparison that this build does not know");
        };
    }

    private void tick() {
        step(VerifyEvent.newBuilder().setKind(VerifyEventKind.VERIFY_TICK));
    }

    private List<Difference> found(VerifyEffects effects) {
        List<Difference> found = new ArrayList<>();
        for (int i = 0; i < effects.getReportCount(); i++) {
            long seqNo = effects.getReport(i);
            DigestAnswer.Entry here = onFollower.get(seqNo);
            DigestAnswer.Entry there = onLeader.get(seqNo);
            if (here != null || there != null) {
                found.addAll(Difference.of(follower.shard().id(), effects.getReportKinds(i), there, here));
            }
        }
        return found;
    }

    private List<String> ids(VerifyEffects effects) {
        // A shard that reports a document without naming it is asked for a name that no document has.
        return effects.getExplainList().stream().map(onFollower::get).map(entry -> entry == null ? "" : entry.id()).toList();
    }

    private void ask(VerifyEffects effects, List<String> ids) {
        if (effects.getQuestion() == VerifyQuestion.QUESTION_NONE) {
            return;
        }
        boolean here = effects.getQuestion() == VerifyQuestion.QUESTION_FOLLOWER;
        Side side = here ? follower : leader;
        DigestQuestion question = new DigestQuestion(
            effects.getFirstSeqNo(),
            effects.getLastSeqNo(),
            effects.getWidth(),
            effects.getBytesMax(),
            here ? -1 : effects.getKnownSeqNo(),
            asOf(effects, here),
            keyLow,
            keyHigh,
            ids
        );
        ActionListener<DigestAnswer> answer = ListenerTimeouts.wrapWithTimeout(
            threadPool,
            ActionListener.wrap(got -> answered(effects, side, got), e -> failed(effects.getId(), here, e)),
            PATIENCE,
            ThreadPool.Names.GENERIC,
            "a question to " + side.shard()
        );
        try {
            side.client().execute(
                LeaderFilesAction.INSTANCE,
                LeaderFilesRequest.digest(side.shard(), question),
                ActionListener.map(answer, response -> response.digest())
            );
        } catch (Exception e) {
            answer.onFailure(e); // the connection is not configured any more
        }
    }

    /** Wide ranges as they were at the follower's checkpoint: what changed since is seldom worth a close look. */
    private static long asOf(VerifyEffects effects, boolean here) {
        if (effects.getWidth() <= 1) {
            return -1;
        }
        return here ? Long.MAX_VALUE : effects.getCheckpoint();
    }

    private void answered(VerifyEffects asked, Side side, DigestAnswer answer) {
        if (side.history().isEmpty() == false && side.history().equals(answer.historyUuid()) == false) {
            throw ReplicationException.of(
                ErrorClass.ERROR_HISTORY_CHANGED,
                RestStatus.CONFLICT,
                "shard " + side.shard() + " has history [" + answer.historyUuid() + "], the follower was made from [" + side.history() + "]",
                null
            );
        }
        VerifyEvent.Builder event = VerifyEvent.newBuilder().setId(asked.getId());
        if (asked.getQuestion() == VerifyQuestion.QUESTION_EXPLAIN) {
            event.setKind(VerifyEventKind.VERIFY_EXPLAINED);
            for (long newest : answer.newest()) {
                event.addNewest(newest);
            }
        } else {
            event.setKind(VerifyEventKind.VERIFY_SUMS);
            event.setCheckpoint(answer.checkpoint()).setMaxSeqNo(answer.maxSeqNo()).setLastSeqNo(answer.lastSeqNo());
            event.setSums(answer.sums());
            remember(side == follower ? onFollower : onLeader, answer);
        }
        // Not on the thread of the transport layer.
        threadPool.generic().execute(() -> step(event));
    }

    private synchronized void remember(Map<Long, DigestAnswer.Entry> documents, DigestAnswer answer) {
        documents.clear();
        answer.documents().forEach(entry -> documents.put(entry.seqNo(), entry));
    }

    private void failed(long id, boolean here, Exception e) {
        ErrorClass error = here ? ErrorClassifier.classifyLocal(e) : ErrorClassifier.classifyCall(e);
        Exception told = error == ErrorClass.ERROR_FORBIDDEN ? refusal(here ? follower : leader, e) : e;
        synchronized (this) {
            lastFailure = told;
        }
        VerifyEvent.Builder event = VerifyEvent.newBuilder().setKind(VerifyEventKind.VERIFY_FAILED).setId(id).setError(error);
        threadPool.generic().execute(() -> step(event));
    }

    /** Whoever has to grant something must know where. */
    private static Exception refusal(Side side, Exception e) {
        String text = "on the " + side.cluster() + ": " + ExceptionsHelper.unwrapCause(e).getMessage();
        return new OpenSearchSecurityException(text, RestStatus.FORBIDDEN, e);
    }

    private void end(VerifyEffects effects) {
        session.close();
        Exception why = failure();
        listener.onResponse(ShardResult.of(follower.shard().id(), effects, why == null ? null : why.getMessage()));
    }

    /** What should not happen: the core refuses an event. */
    private void fail(Exception e) {
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
        }
        session.close();
        listener.onFailure(e);
    }
}
