package org.opensearch.ccr.action;

import org.opensearch.ccr.follower.PromoteShardResponse;
import org.opensearch.ccr.metadata.ShardMark;
import org.opensearch.ccr.status.StatusResponse;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What a follower had of its leader when it became an ordinary index. */
public final class FailoverResponse extends ActionResponse implements ToXContentObject {

    private static final long UNKNOWN = Long.MIN_VALUE;

    /**
     * One shard. Times are epoch milliseconds; what is not known is {@link #UNKNOWN}.
     *
     * @param lastAppliedSeqNo every operation up to here is in the index
     * @param maxSeqNo         the highest that is, perhaps above some that are not
     * @param filled           number of those between them that are not
     * @param appliedAt        when the last ones were applied
     * @param leaderSeqNo      up to here the leader was known to have operations
     * @param asOf             everything that the leader had at this time is in the index
     */
    private record Shard(int id, long lastAppliedSeqNo, long maxSeqNo, long filled, long appliedAt, long leaderSeqNo, long asOf)
        implements
            Writeable {

        /** @param mark what was known of the shard, null for nothing */
        static Shard of(int id, PromoteShardResponse promoted, ShardMark mark) {
            return new Shard(
                id,
                promoted == null ? UNKNOWN : promoted.lastAppliedSeqNo(),
                promoted == null ? UNKNOWN : promoted.maxSeqNo(),
                promoted == null ? UNKNOWN : promoted.filled(),
                mark == null || mark.appliedAt() == 0 ? UNKNOWN : mark.appliedAt(),
                mark == null ? UNKNOWN : mark.leaderSeqNo(),
                mark == null || mark.asOf() == 0 ? UNKNOWN : mark.asOf()
            );
        }

        Shard(StreamInput in) throws IOException {
            this(in.readVInt(), in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readLong());
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeVInt(id);
            for (long value : new long[] { lastAppliedSeqNo, maxSeqNo, filled, appliedAt, leaderSeqNo, asOf }) {
                out.writeLong(value);
            }
        }

        boolean promoted() {
            return lastAppliedSeqNo != UNKNOWN;
        }

        /** Operations that the leader was known to have and that are not here. */
        long missing() {
            if (leaderSeqNo == UNKNOWN || lastAppliedSeqNo == UNKNOWN) {
                return UNKNOWN;
            }
            return Math.max(0, leaderSeqNo - maxSeqNo) + filled;
        }

        void toXContent(XContentBuilder builder) throws IOException {
            builder.startObject().field("shard", id).field("promoted", promoted());
            known(builder, "last_applied_seq_no", lastAppliedSeqNo);
            known(builder, "max_seq_no", maxSeqNo);
            known(builder, "last_applied_time_millis", appliedAt);
            known(builder, "leader_seq_no", leaderSeqNo);
            known(builder, "as_of_millis", asOf);
            known(builder, "missing_operations", missing());
            builder.endObject();
        }

        private static void known(XContentBuilder builder, String name, long value) throws IOException {
            if (value != UNKNOWN) {
                builder.field(name, value);
            }
        }
    }

    private final String status;
    private final String alias;
    private final String leader;
    private final List<Shard> shards;

    private FailoverResponse(String status, String alias, String leader, List<Shard> shards) {
        this.status = status;
        this.alias = alias;
        this.leader = leader;
        this.shards = shards;
    }

    /**
     * @param before   the status just before
     * @param count    how many shards the index has
     * @param marks    what was known of the shards then
     * @param promoted what the shards said, by number
     */
    static FailoverResponse of(StatusResponse before, int count, List<ShardMark> marks, Map<Integer, PromoteShardResponse> promoted) {
        Map<Integer, ShardMark> known = new HashMap<>();
        marks.forEach(mark -> known.put(mark.shard(), mark));
        List<Shard> shards = IntStream.range(0, count).mapToObj(id -> Shard.of(id, promoted.get(id), known.get(id))).toList();
        return new FailoverResponse(before.word().text(), before.alias(), before.leader(), shards);
    }

    public FailoverResponse(StreamInput in) throws IOException {
        this(in.readString(), in.readString(), in.readString(), in.readList(Shard::new));
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(status);
        out.writeString(alias);
        out.writeString(leader);
        out.writeList(shards);
    }

    /** Every shard is an ordinary one now. Where one is not, its primary was not there: it becomes one when that is opened. */
    boolean promoted() {
        return shards.stream().allMatch(Shard::promoted);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject().field("promoted", promoted()).field("status_before", status);
        builder.field("leader_alias", alias).field("leader_index", leader);
        builder.startArray("shards");
        for (Shard shard : shards) {
            shard.toXContent(builder);
        }
        return builder.endArray().endObject();
    }
}
