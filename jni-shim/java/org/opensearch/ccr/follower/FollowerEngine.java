package org.opensearch.ccr.follower;

import org.opensearch.OpenSearchException;
import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.metadata.FollowerBlock;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.common.util.io.IOUtils;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.index.engine.DeletionStrategy;
import org.opensearch.index.engine.EngineConfig;
import org.opensearch.index.engine.IndexingStrategy;
import org.opensearch.index.engine.InternalEngine;
import org.opensearch.index.seqno.SequenceNumbers;
import org.opensearch.index.translog.Translog;

import java.io.IOException;
import java.util.Optional;

/**
 * The engine of an index that follows a leader. It has a role, not a type: while the index's settings name a leader, primary
 * operations keep the sequence number and version the leader gave them and are planned as on a replica; from the moment the
 * settings do not, the same open engine is an ordinary {@link InternalEngine}.
 *
 * <p>The role is read once for each operation, when it enters, and the operation's sequence number carries the decision from
 * there: an operation of the leader has one, a user's operation has none. So a role that changes in the middle of an operation
 * cannot make it half of each.
 *
 * <p>Sequence numbers that are missing here are on their way from the leader. Nothing may stand in for them: while it follows,
 * the engine fills no gaps, and a document that fails is not recorded as a no-op under its sequence number.
 */
final class FollowerEngine extends InternalEngine {
    private final FollowerRole role;

    FollowerEngine(EngineConfig config) {
        super(config);
        this.role = new FollowerRole(config.getIndexSettings());
    }

    @Override
    public IndexResult index(Index index) throws IOException {
        Exception refusal = refusal(index);
        return refusal == null ? super.index(index) : new IndexResult(refusal, index.version());
    }

    @Override
    public DeleteResult delete(Delete delete) throws IOException {
        Exception refusal = refusal(delete);
        return refusal == null ? super.delete(delete) : new DeleteResult(refusal, delete.version(), delete.primaryTerm());
    }

    /**
     * The leader's no-ops enter as a replica's, so that a primary no-op that {@link #preFlightCheckForNoOp} sees while
     * following can only be one that core made up for an operation that failed.
     */
    @Override
    public NoOpResult noOp(NoOp noOp) throws IOException {
        if (noOp.origin() == Operation.Origin.PRIMARY && role.follows()) {
            return super.noOp(new NoOp(noOp.seqNo(), noOp.primaryTerm(), Operation.Origin.REPLICA, noOp.startTime(), noOp.reason()));
        }
        return super.noOp(noOp);
    }

    @Override
    protected Optional<Exception> preFlightCheckForNoOp(NoOp noOp) throws IOException {
        if (noOp.origin() == Operation.Origin.PRIMARY && role.follows()) {
            // Thrown, not returned: a returned error would still mark the sequence number as processed.
            throw ReplicationException.of(
                ErrorClass.ERROR_FATAL,
                RestStatus.INTERNAL_SERVER_ERROR,
                "operation [" + noOp.seqNo() + "] of the leader cannot be applied on " + shardId + ": " + noOp.reason(),
                null
            );
        }
        return super.preFlightCheckForNoOp(noOp);
    }

    @Override
    public int fillSeqNoGaps(long primaryTerm) throws IOException {
        if (role.follows() == false) {
            return super.fillSeqNoGaps(primaryTerm);
        }
        translogManager().syncTranslog();
        return 0;
    }

    /** Who wants the full range cannot do with no-ops: a deletion whose tombstone was merged away looks the same. */
    @Override
    public Translog.Snapshot newChangesSnapshot(String source, long from, long to, boolean fullRange, boolean accurateCount)
        throws IOException {
        long first = Math.max(from, getMinRetainedSeqNo());
        long last = Math.min(to, getProcessedLocalCheckpoint());
        Translog.Snapshot lucene = super.newChangesSnapshot(source, from, to, fullRange, accurateCount);
        if (fullRange || first > last || config().getIndexSettings().isSegRepEnabledOrRemoteNode() == false) {
            return lucene;
        }
        try {
            long known = accurateCount ? countNumberOfHistoryOperations(source, first, last) : last - first + 1;
            int missing = Math.toIntExact(Math.max(0, last - first + 1 - known));
            return new GaplessSnapshot(lucene, first, last, missing, config().getPrimaryTermSupplier().getAsLong());
        } catch (IOException | RuntimeException e) {
            IOUtils.closeWhileHandlingException(lucene);
            throw e;
        }
    }

    @Override
    protected long generateSeqNoForOperationOnPrimary(Operation operation) {
        if (fromLeader(operation) == false) {
            return super.generateSeqNoForOperationOnPrimary(operation);
        }
        markSeqNoAsSeen(operation.seqNo());
        return operation.seqNo();
    }

    /** The leader's maximum comes with each batch, before its operations. */
    @Override
    protected void advanceMaxSeqNoOfUpdatesOrDeletesOnPrimary(long seqNo) {
        if (role.follows() == false) {
            super.advanceMaxSeqNoOfUpdatesOrDeletesOnPrimary(seqNo);
        }
    }

    @Override
    protected IndexingStrategy indexingStrategyForOperation(Index index) throws IOException {
        return fromLeader(index) ? planIndexingAsNonPrimary(index) : super.indexingStrategyForOperation(index);
    }

    @Override
    protected DeletionStrategy deletionStrategyForOperation(Delete delete) throws IOException {
        return fromLeader(delete) ? planDeletionAsNonPrimary(delete) : super.deletionStrategyForOperation(delete);
    }

    @Override
    protected boolean assertPrimaryIncomingSequenceNumber(Operation.Origin origin, long seqNo) {
        return true; // both kinds come in; refusal() tells them apart
    }

    @Override
    protected boolean assertNonPrimaryOrigin(Operation operation) {
        return true; // the leader's operations are planned as a replica's on the primary, too
    }

    /** A primary operation that has a sequence number already: only a replay of the leader's operations makes such. */
    private static boolean fromLeader(Operation operation) {
        return operation.origin() == Operation.Origin.PRIMARY && operation.seqNo() != SequenceNumbers.UNASSIGNED_SEQ_NO;
    }

    /** Why a primary operation is not for this engine in its present role; null when it is. */
    private Exception refusal(Operation operation) {
        if (operation.origin() != Operation.Origin.PRIMARY) {
            return null;
        }
        boolean follows = role.follows();
        if (fromLeader(operation) == follows) {
            return null;
        }
        if (follows) {
            return FollowerBlock.refusal(shardId.getIndexName());
        }
        // A batch that was on its way when the replication was stopped: the sequence number may be a user's by now.
        return noFollower(shardId.getIndexName());
    }

    /** What a batch for an index is told that follows nobody. */
    static OpenSearchException noFollower(String index) {
        String text = "index [" + index + "] does not follow a leader any more";
        return ReplicationException.of(ErrorClass.ERROR_BLOCKED, RestStatus.CONFLICT, text, null);
    }
}
