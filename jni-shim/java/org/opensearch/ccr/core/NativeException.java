package org.opensearch.ccr.core;

import org.apache.lucene.store.AlreadyClosedException;
import org.opensearch.OpenSearchException;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.core.rest.RestStatus;

/**
 * A call into the native core that did not come to {@link NativeStatus#OK}.
 *
 * <p>The status also travels as metadata under {@link #STATUS_KEY}, since on another node the exception arrives as a
 * generic wrapper. A {@link NativeStatus#CLOSED} carries an {@link AlreadyClosedException} as its cause, so that code which
 * asks for that one finds it. Never an {@link Error}: OpenSearch ends the node on one.
 */
public final class NativeException extends OpenSearchException {
    /** Metadata key of the status' name. */
    public static final String STATUS_KEY = "opensearch.ccr.native_status";

    private static final long serialVersionUID = 1L;

    private final NativeStatus nativeStatus;
    private final long generation;
    private final long offset;

    NativeException(NativeStatus nativeStatus, String text) {
        this(nativeStatus, text, 0, 0, nativeStatus == NativeStatus.CLOSED ? new AlreadyClosedException(text) : null);
    }

    NativeException(NativeStatus nativeStatus, String text, long generation, long offset, Throwable cause) {
        super(text, cause);
        this.nativeStatus = nativeStatus;
        this.generation = generation;
        this.offset = offset;
        addMetadata(STATUS_KEY, nativeStatus.name());
    }

    /** @param detail what the core wrote to the out buffer; the default instance when it wrote nothing */
    static NativeException of(NativeStatus status, String what, CoreProto.ErrorDetail detail) {
        String text = what + ": " + status.name() + (detail.getText().isEmpty() ? "" : ": " + detail.getText());
        Throwable cause = status == NativeStatus.CLOSED ? new AlreadyClosedException(text) : null;
        return new NativeException(status, text, detail.getGeneration(), detail.getOffset(), cause);
    }

    /** What the core answered. */
    public NativeStatus nativeStatus() {
        return nativeStatus;
    }

    /** Translog generation the failure is about; 0 when it is about none. */
    public long generation() {
        return generation;
    }

    /** Byte offset in the file or frame the failure is about. */
    public long offset() {
        return offset;
    }

    @Override
    public RestStatus status() {
        return switch (nativeStatus) {
            case LIMIT, NOMEM, BUSY -> RestStatus.TOO_MANY_REQUESTS;
            case CLOSED, AGAIN, IO -> RestStatus.SERVICE_UNAVAILABLE;
            case ARG, VERSION -> RestStatus.BAD_REQUEST;
            case GONE -> RestStatus.GONE;
            case HISTORY -> RestStatus.CONFLICT;
            case OK, NOBUF, CORRUPT_TLOG, CORRUPT_WIRE, PREFIX, BROKEN -> RestStatus.INTERNAL_SERVER_ERROR;
        };
    }
}
