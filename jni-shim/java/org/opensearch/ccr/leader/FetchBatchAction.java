package org.opensearch.ccr.leader;

import org.opensearch.action.ActionType;

/** Asks a copy of a leader shard for operations. Its name is one that the Security plugin knows as reading history. */
public final class FetchBatchAction extends ActionType<FetchBatchResponse> {

    public static final String NAME = "indices:data/read/plugins/replication/changes";
    public static final FetchBatchAction INSTANCE = new FetchBatchAction();

    private FetchBatchAction() {
        super(NAME, FetchBatchResponse::new);
    }
}
