package org.opensearch.ccr.follower;

import org.opensearch.action.support.WriteResponse;
import org.opensearch.action.support.replication.ReplicationResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.index.shard.IndexShard;

import java.io.IOException;

/**
 * Where the follower shard stands after a batch. On the primary's node the checkpoints are read when they are asked for: the
 * answer is made before the operations are synced and the replicas have them, and is looked at afterwards.
 */
public final class ReplayBatchResponse extends ReplicationResponse implements WriteResponse {
    private final IndexShard primary; // null on another node
    private final long globalCheckpoint;
    private final long localCheckpoint;

    ReplayBatchResponse(IndexShard primary) {
        this.primary = primary;
        this.globalCheckpoint = 0;
        this.localCheckpoint = 0;
    }

    ReplayBatchResponse(StreamInput in) throws IOException {
        super(in);
        primary = null;
        globalCheckpoint = in.readZLong();
        localCheckpoint = in.readZLong();
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeZLong(globalCheckpoint());
        out.writeZLong(localCheckpoint());
    }

    /** Last synced global checkpoint of the follower shard. */
    public long globalCheckpoint() {
        return primary == null ? globalCheckpoint : primary.getLastSyncedGlobalCheckpoint();
    }

    /** Persisted local checkpoint of the follower primary. */
    public long localCheckpoint() {
        return primary == null ? localCheckpoint : primary.getLocalCheckpoint();
    }

    @Override
    public void setForcedRefresh(boolean forcedRefresh) {
        // A replay never forces a refresh: the follower's own refresh interval applies.
    }
}
