package org.opensearch.ccr.follower;

import org.opensearch.action.support.ActiveShardCount;
import org.opensearch.action.support.replication.ReplicationRequest;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.shard.ShardId;

import java.io.IOException;
import java.util.List;

/** Which shard; on its way to the replicas also which sequence numbers the primary has filled. */
public final class PromoteShardRequest extends ReplicationRequest<PromoteShardRequest> {
    /** Sequence numbers, both inclusive. */
    record Gap(long first, long last) {}

    private final List<Gap> gaps;

    public PromoteShardRequest(ShardId shard) {
        this(shard, List.of());
    }

    PromoteShardRequest(ShardId shard, List<Gap> gaps) {
        super(shard);
        this.gaps = gaps;
        waitForActiveShards(ActiveShardCount.NONE);
    }

    PromoteShardRequest(StreamInput in) throws IOException {
        super(in);
        gaps = in.readList(from -> new Gap(from.readVLong(), from.readVLong()));
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeCollection(gaps, (to, gap) -> {
            to.writeVLong(gap.first);
            to.writeVLong(gap.last);
        });
    }

    List<Gap> gaps() {
        return gaps;
    }

    @Override
    public String toString() {
        return "promote " + shardId;
    }
}
