package org.opensearch.ccr.follower;

import org.opensearch.action.ActionType;

/** Applies a batch of the leader's operations on a follower shard and its replicas. */
public final class ReplayBatchAction extends ActionType<ReplayBatchResponse> {
    /** Part of the security contract: the follower's role must list it. */
    public static final String NAME = "indices:data/write/plugins/replication/changes";
    public static final ReplayBatchAction INSTANCE = new ReplayBatchAction();

    private ReplayBatchAction() {
        super(NAME, ReplayBatchResponse::new);
    }
}
