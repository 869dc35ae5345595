package org.opensearch.ccr.metadata;

import org.opensearch.OpenSearchStatusException;
import org.opensearch.core.rest.RestStatus;

/** A document of the replication metadata cannot be read. It stands in the way of its own replication only. */
public final class DamagedRecordException extends OpenSearchStatusException {

    DamagedRecordException(String follower, Throwable cause) {
        super(
            "the record of [{}] in [{}] cannot be read ({}). _stop, which needs no record, and then _start write it anew",
            RestStatus.INTERNAL_SERVER_ERROR,
            cause,
            follower,
            ReplicationStore.INDEX,
            cause.getMessage()
        );
    }
}
