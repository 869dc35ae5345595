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
 * @param missing     operations that the leader was known to have and that were not here
 * @param missingBytes theirs, partly estimated
 * @param attempts    tries in a row that failed with the error that ended it here; 0 when none did
 */
public record ShardMark(int shard, long leaderSeqNo, long appliedAt, long asOf, long missing, long missingBytes, int attempts)
    implements
        Writeable,
        ToXContentObject {

    private static final String SHARD = "shard";
    private static final String LEADER_SEQ_NO = "leader_seq_no";
    private static final String APPLIED = "applied_millis";
    private static final String AS_OF = "as_of_millis";
    private static final String MISSING = "missing_operations";
    private static final String MISSING_BYTES = "missing_bytes";
    private static final String ATTEMPTS = "attempts";

    public ShardMark(StreamInput in) throws IOException {
        this(in.readVInt(), in.readZLong(), in.readVLong(), in.readVLong(), in.readVLong(), in.readVLong(), in.readVInt());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeVInt(shard);
        out.writeZLong(leaderSeqNo);
        out.writeVLong(appliedAt);
        out.writeVLong(asOf);
        out.writeVLong(missing);
        out.writeVLong(missingBytes);
        out.writeVInt(attempts);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject().field(SHARD, shard).field(LEADER_SEQ_NO, leaderSeqNo);
        builder.field(APPLIED, appliedAt).field(AS_OF, asOf);
        builder.field(MISSING, missing).field(MISSING_BYTES, missingBytes).field(ATTEMPTS, attempts);
        return builder.endObject();
    }

    /** Null for what is none. */
    static ShardMark of(Object read) {
        if (read instanceof Map<?, ?> map && map.get(SHARD) instanceof Number shard && map.get(LEADER_SEQ_NO) instanceof Number leader) {
            return new ShardMark(
                shard.intValue(),
                leader.longValue(),
                positive(map.get(APPLIED)),
                positive(map.get(AS_OF)),
                positive(map.get(MISSING)),
                positive(map.get(MISSING_BYTES)),
                Math.toIntExact(Math.min(Integer.MAX_VALUE, positive(map.get(ATTEMPTS))))
            );
        }
        return null;
    }

    /** This one, but the leader is known to have more. */
    public ShardMark reaching(long seqNo) {
        long more = Math.max(0, seqNo - leaderSeqNo);
        return more == 0 ? this : new ShardMark(shard, seqNo, appliedAt, asOf, missing + more, missingBytes, attempts);
    }

    private static long positive(Object read) {
        return read instanceof Number number ? Math.max(0, number.longValue()) : 0;
    }
}
