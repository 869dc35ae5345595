package org.opensearch.ccr.common;

import org.apache.lucene.store.AlreadyClosedException;
import org.opensearch.ExceptionsHelper;
import org.opensearch.OpenSearchException;
import org.opensearch.OpenSearchSecurityException;
import org.opensearch.OpenSearchTimeoutException;
import org.opensearch.action.NoShardAvailableActionException;
import org.opensearch.ccr.core.NativeException;
import org.opensearch.ccr.core.NativeStatus;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.cluster.block.ClusterBlock;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.cluster.metadata.MetadataIndexStateService;
import org.opensearch.core.common.breaker.CircuitBreakingException;
import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.tasks.TaskCancelledException;
import org.opensearch.index.IndexNotFoundException;
import org.opensearch.index.mapper.MapperException;
import org.opensearch.index.seqno.RetentionLeaseNotFoundException;
import org.opensearch.index.shard.IllegalIndexShardStateException;
import org.opensearch.index.shard.ShardNotFoundException;
import org.opensearch.indices.IndexClosedException;
import org.opensearch.transport.ActionNotFoundTransportException;
import org.opensearch.transport.ConnectTransportException;
import org.opensearch.transport.NoSeedNodeLeftException;
import org.opensearch.transport.NoSuchRemoteClusterException;
import org.opensearch.transport.NodeNotConnectedException;
import org.opensearch.transport.RemoteTransportException;
import org.opensearch.transport.TransportException;

import java.io.IOException;
import java.util.List;

/**
 * Names the class of an error for the native state machine, which decides what follows. Decides by the exception's type, its
 * status and the metadata it carries, never by its text: texts change between versions and languages.
 */
public final class ErrorClassifier {
    private static final int CAUSES_MAX = 16;

    private ErrorClassifier() {}

    /** The class of this name; the other one for a name that this build does not know, and for null. */
    public static ErrorClass named(String name, ErrorClass otherwise) {
        for (ErrorClass known : ErrorClass.values()) {
            if (known.name().equals(name)) {
                return known;
            }
        }
        return otherwise;
    }

    /**
     * Class of one failed call to the leader. What the leader itself says arrives as a remote exception; an error that is of no
     * other class and is not one came from this side, on the way there: opening a connection fails with many types.
     */
    public static ErrorClass classifyCall(Throwable t) {
        ErrorClass cls = classify(t);
        return cls == ErrorClass.ERROR_FATAL && isAnswer(t) == false && carried(t) == null ? ErrorClass.ERROR_UNREACHABLE : cls;
    }

    /** Class of an error of work that involves the leader. */
    public static ErrorClass classify(Throwable t) {
        ErrorClass carried = carried(t);
        if (carried != null) {
            return carried;
        }
        Throwable cause = ExceptionsHelper.unwrapCause(t);
        if (cause instanceof IndexClosedException) {
            return ErrorClass.ERROR_LEADER_CLOSED;
        }
        if (cause instanceof IndexNotFoundException) {
            return ErrorClass.ERROR_LEADER_MISSING;
        }
        if (cause instanceof RetentionLeaseNotFoundException) {
            return ErrorClass.ERROR_HISTORY_GONE;
        }
        if (cause instanceof ClusterBlockException block) {
            return leaderBlock(block);
        }
        if (cause.getClass() == IllegalStateException.class && isAnswer(t) == false) {
            return ErrorClass.ERROR_UNREACHABLE; // how core fails when no connection can be opened
        }
        return common(cause);
    }

    /** Whether another node said so. */
    private static boolean isAnswer(Throwable t) {
        return ExceptionsHelper.unwrap(t, RemoteTransportException.class) != null;
    }

    /** Class of a failed write or metadata update on the follower itself, where a missing or closed index is not the leader's. */
    public static ErrorClass classifyLocal(Throwable t) {
        ErrorClass carried = carried(t);
        if (carried != null) {
            return carried;
        }
        Throwable cause = ExceptionsHelper.unwrapCause(t);
        if (cause instanceof ClusterBlockException block) {
            return block.retryable() ? ErrorClass.ERROR_TRANSIENT : ErrorClass.ERROR_BLOCKED;
        }
        if (cause instanceof IndexClosedException) {
            return ErrorClass.ERROR_BLOCKED;
        }
        if (cause instanceof IndexNotFoundException) {
            return ErrorClass.ERROR_TRANSIENT;
        }
        if (cause instanceof MapperException) {
            return ErrorClass.ERROR_MAPPING;
        }
        if (cause instanceof IllegalStateException) {
            return ErrorClass.ERROR_TRANSIENT; // a shard, translog or node on its way out or in
        }
        ErrorClass cls = common(cause);
        return cls == ErrorClass.ERROR_UNREACHABLE ? ErrorClass.ERROR_TRANSIENT : cls;
    }

    /** The class that the exception or one of its causes carries; null for none. */
    private static ErrorClass carried(Throwable t) {
        Throwable at = t;
        for (int i = 0; i < CAUSES_MAX && at != null; i++) {
            ErrorClass cls = ReplicationException.carried(at);
            if (cls == null) {
                cls = ofNative(nativeStatus(at));
            }
            if (cls != null) {
                return cls;
            }
            at = at.getCause();
        }
        return null;
    }

    private static NativeStatus nativeStatus(Throwable t) {
        if (t instanceof NativeException e) {
            return e.nativeStatus();
        }
        List<String> values = t instanceof OpenSearchException e ? e.getMetadata(NativeException.STATUS_KEY) : null;
        if (values == null || values.isEmpty()) {
            return null;
        }
        for (NativeStatus status : NativeStatus.values()) {
            if (status.name().equals(values.get(0))) {
                return status;
            }
        }
        return null;
    }

    private static ErrorClass ofNative(NativeStatus status) {
        if (status == null) {
            return null;
        }
        return switch (status) {
            case NOMEM, LIMIT -> ErrorClass.ERROR_OVERLOADED;
            case GONE -> ErrorClass.ERROR_HISTORY_GONE;
            case HISTORY -> ErrorClass.ERROR_HISTORY_CHANGED;
            case CORRUPT_WIRE, PREFIX, CORRUPT_TLOG -> ErrorClass.ERROR_CORRUPT;
            case OK, AGAIN, NOBUF, BUSY, CLOSED, IO -> ErrorClass.ERROR_TRANSIENT;
            case ARG, VERSION, BROKEN -> ErrorClass.ERROR_FATAL;
        };
    }

    private static ErrorClass leaderBlock(ClusterBlockException e) {
        for (ClusterBlock block : e.blocks()) {
            if (block.id() == MetadataIndexStateService.INDEX_CLOSED_BLOCK_ID) {
                return ErrorClass.ERROR_LEADER_CLOSED;
            }
        }
        // Any other block on reading is lifted by a person or by the leader's own recovery: worth waiting for.
        return e.retryable() ? ErrorClass.ERROR_TRANSIENT : ErrorClass.ERROR_BLOCKED;
    }

    private static ErrorClass common(Throwable t) {
        if (t instanceof OpenSearchSecurityException) {
            return ErrorClass.ERROR_FORBIDDEN;
        }
        if (t instanceof CircuitBreakingException) {
            return ErrorClass.ERROR_OVERLOADED;
        }
        if (t instanceof OpenSearchRejectedExecutionException e) {
            return e.isExecutorShutdown() ? ErrorClass.ERROR_TRANSIENT : ErrorClass.ERROR_OVERLOADED;
        }
        // NodeDisconnectedException is a ConnectTransportException.
        if (t instanceof ConnectTransportException || t instanceof NodeNotConnectedException
            || t instanceof NoSuchRemoteClusterException || t instanceof NoSeedNodeLeftException) {
            return ErrorClass.ERROR_UNREACHABLE;
        }
        if (t instanceof ShardNotFoundException || t instanceof NoShardAvailableActionException
            || t instanceof IllegalIndexShardStateException || t instanceof OpenSearchTimeoutException
            || t instanceof TaskCancelledException || t instanceof AlreadyClosedException
            || t instanceof ActionNotFoundTransportException) {
            return ErrorClass.ERROR_TRANSIENT;
        }
        if (t instanceof IOException) {
            return ErrorClass.ERROR_UNREACHABLE;
        }
        return byStatus(t);
    }

    private static ErrorClass byStatus(Throwable t) {
        RestStatus status = ExceptionsHelper.status(t);
        if (status == RestStatus.TOO_MANY_REQUESTS) {
            return ErrorClass.ERROR_OVERLOADED;
        }
        if (status == RestStatus.FORBIDDEN || status == RestStatus.UNAUTHORIZED) {
            return ErrorClass.ERROR_FORBIDDEN;
        }
        // 500 is what every unexpected exception answers; an exception of OpenSearch's own that says 5xx means itself.
        if (t instanceof TransportException || status.getStatus() >= 500 && t instanceof OpenSearchException) {
            return ErrorClass.ERROR_TRANSIENT;
        }
        return ErrorClass.ERROR_FATAL;
    }
}
