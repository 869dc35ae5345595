package org.opensearch.ccr.follower;

import org.opensearch.action.support.replication.ReplicationResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;

import java.io.IOException;

/** What a shard had of its leader when it became an ordinary one. */
public final class PromoteShardResponse extends ReplicationResponse {

    private final long lastAppliedSeqNo;
    private final long maxSeqNo;
    private final long filled;

    PromoteShardResponse(long lastAppliedSeqNo, long maxSeqNo, long filled) {
        this.lastAppliedSeqNo = lastAppliedSeqNo;
        this.maxSeqNo = maxSeqNo;
        this.filled = filled;
    }

    PromoteShardResponse(StreamInput in) throws IOException {
        super(in);
        lastAppliedSeqNo = in.readLong();
        maxSeqNo = in.readLong();
        filled = in.readVLong();
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeLong(lastAppliedSeqNo);
        out.writeLong(maxSeqNo);
        out.writeVLong(filled);
    }

    /** Every operation of the leader up to here was applied; -1 for none. */
    public long lastAppliedSeqNo() {
        return lastAppliedSeqNo;
    }

    /** The highest operation of the leader that was applied, perhaps above some that were not. */
    public long maxSeqNo() {
        return maxSeqNo;
    }

    /** Sequence numbers between these two that never came; no-ops stand there now. */
    public long filled() {
        return filled;
    }
}
