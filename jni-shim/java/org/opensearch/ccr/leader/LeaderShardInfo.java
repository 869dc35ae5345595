package org.opensearch.ccr.leader;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;
import java.util.Set;

/**
 * What a follower may know of a leader's primary shard without touching it.
 *
 * @param indexUuid   of the leader index
 * @param shards      number of shards of the leader index
 * @param historyUuid of this shard; another one means that its sequence numbers mean something else now
 * @param sizeBytes   of its files
 * @param maxSeqNo    of the newest operation, -1 for none
 * @param leases      ids of the retention leases that stand on it
 */
public record LeaderShardInfo(String indexUuid, int shards, String historyUuid, long sizeBytes, long maxSeqNo, Set<String> leases)
    implements
        Writeable {

    public LeaderShardInfo(StreamInput in) throws IOException {
        this(in.readString(), in.readVInt(), in.readString(), in.readVLong(), in.readZLong(), Set.copyOf(in.readStringList()));
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(indexUuid);
        out.writeVInt(shards);
        out.writeString(historyUuid);
        out.writeVLong(sizeBytes);
        out.writeZLong(maxSeqNo);
        out.writeStringCollection(leases);
    }
}
