package org.opensearch.ccr.common;

import org.opensearch.OpenSearchException;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.core.rest.RestStatus;

import java.util.List;

/**
 * Exceptions that carry an error class over the wire. OpenSearch serializes only the exception types it knows, so the class
 * travels as metadata of an {@link OpenSearchStatusException}, which reaches the other cluster with its status intact.
 */
public final class ReplicationException {
    /** Metadata key of the error class; its value is the name of a {@link CoreProto.ErrorClass}. */
    public static final String ERROR_CLASS = "opensearch.ccr.error_class";

    private ReplicationException() {}

    /**
     * An exception of the given class.
     *
     * @param cause may be null
     */
    public static OpenSearchException of(CoreProto.ErrorClass cls, RestStatus status, String message, Throwable cause) {
        OpenSearchStatusException e = new OpenSearchStatusException(message, status, cause);
        e.addMetadata(ERROR_CLASS, cls.name());
        return e;
    }

    /** The class an exception carries itself; null when it carries none, or one this build does not know. */
    static CoreProto.ErrorClass carried(Throwable t) {
        List<String> values = t instanceof OpenSearchException e ? e.getMetadata(ERROR_CLASS) : null;
        if (values == null || values.isEmpty()) {
            return null;
        }
        for (CoreProto.ErrorClass known : CoreProto.ErrorClass.values()) {
            if (known.name().equals(values.get(0))) {
                return known;
            }
        }
        return null;
    }
}
