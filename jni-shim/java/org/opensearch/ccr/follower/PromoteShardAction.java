package org.opensearch.ccr.follower;

import org.opensearch.action.ActionType;

/**
 * Makes a shard that has stopped following complete in itself: sequence numbers that never came from the leader are filled with
 * no-ops on the primary and on every replica, so that checkpoints go on with the first user's write. Idempotent.
 */
public final class PromoteShardAction extends ActionType<PromoteShardResponse> {
    public static final String NAME = "indices:admin/plugins/replication/shard/promote";
    public static final PromoteShardAction INSTANCE = new PromoteShardAction();

    private PromoteShardAction() {
        super(NAME, PromoteShardResponse::new);
    }
}
