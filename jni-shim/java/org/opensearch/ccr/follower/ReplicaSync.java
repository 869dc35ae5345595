package org.opensearch.ccr.follower;

import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.shard.PrimaryReplicaSyncer;

/**
 * Brings the replicas what the primary alone has. A batch that fails half-way leaves its first operations on the primary, and
 * nothing of it is replicated until it is sent again whole; whoever does not send it again has to ask for this.
 */
public final class ReplicaSync {
    private final PrimaryReplicaSyncer syncer;

    @Inject
    public ReplicaSync(PrimaryReplicaSyncer syncer) {
        this.syncer = syncer;
    }

    /** Whether some in-sync copy may lack an operation of this primary, as far as this one knows. */
    static boolean isNeeded(IndexShard primary) {
        return primary.getLastKnownGlobalCheckpoint() < primary.seqNoStats().getMaxSeqNo();
    }

    /**
     * Sends the replicas everything above the global checkpoint, in chunks, as core does after a change of the primary. Takes an
     * operation permit of its own for each, so the caller may hold none. A replica that cannot take it is failed.
     */
    void run(IndexShard primary, ActionListener<Void> listener) {
        if (isNeeded(primary)) {
            syncer.resync(primary, ActionListener.map(listener, done -> null));
        } else {
            listener.onResponse(null);
        }
    }
}
