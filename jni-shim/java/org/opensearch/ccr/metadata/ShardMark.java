package org.opensearch.ccr.metadata;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.Map;

/**
 * What was known of one shard when its replication ceased to run. Times are epoch milliseconds, 0 for unknown.
 *
 * @param leaderSeqNo up to here the leader was known to have operations
 * @param appliedAt   when the last ones were applied here
 * @param asOf        everything that the leader had at this time was here
 */
public record ShardMark(int shard, long leaderSeqNo, long appliedAt, long asOf) implements Writeable, ToXContentObject {

    private static final String SHARD = "shard";
    private static final String LEADER_SEQ_NO = "leader_seq_no";
    private static final String APPLIED = "applied_millis";
    private static final String AS_OF = "as_of_millis";

    public ShardMark(StreamInput in) throws IOException {
        this(in.readVInt(), in.readZLong(), in.readVLong(), in.readVLong());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeVInt(shard);
        out.writeZLong(leaderSeqNo);
        out.writeVLong(appliedAt);
        out.writeVLong(asOf);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject().field(SHARD, shard).field(LEADER_SEQ_NO, leaderSeqNo);
        return builder.field(APPLIED, appliedAt).field(AS_OF, asOf).endObject();
    }

    /** Null for what is none. */
    static ShardMark of(Object read) {
        if (read instanceof Map<?, ?> map && map.get(SHARD) instanceof Number shard && map.get(LEADER_SEQ_NO) instanceof Number leader) {
            return new ShardMark(shard.intValue(), leader.longValue(), millis(map.get(APPLIED)), millis(map.get(AS_OF)));
        }
        return null;
    }

    private static long millis(Object read) {
        return read instanceof Number number ? Math.max(0, number.longValue()) : 0;
    }
}
