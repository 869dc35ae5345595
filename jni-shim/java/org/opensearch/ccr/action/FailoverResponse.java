package org.opensearch.ccr.action;

import org.opensearch.ccr.follower.PromoteShardResponse;
import org.opensearch.ccr.follower.ShardFigures;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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

        static Shard of(int id, PromoteShardResponse promoted, ShardFigures figures, long leaderSeqNo, long now) {
            return new Shard(
                id,
                promoted == null ? UNKNOWN : promoted.lastAppliedSeqNo(),
                promoted == null ? UNKNOWN : promoted.maxSeqNo(),
                promoted == null ? UNKNOWN : promoted.filled(),
                figures == null || figures.appliedAt() == 0 ? UNKNOWN : figures.appliedAt(),
                leaderSeqNo,
                figures == null || figures.lagMillis() < 0 ? UNKNOWN : now - figures.lagMillis()
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

        /** Operations that the leader was known to have and that are not here. */
        long missing() {
            if (leaderSeqNo == UNKNOWN || lastAppliedSeqNo == UNKNOWN) {
                return UNKNOWN;
            }
            return Math.max(0, leaderSeqNo - maxSeqNo) + filled;
        }

        void toXContent(XContentBuilder builder) throws IOException {
            builder.startObject().field("shard", id).field("promoted", lastAppliedSeqNo != UNKNOWN);
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
     * @param now      when that was, epoch milliseconds
     * @param promoted what the shards said, by number
     */
    static FailoverResponse of(StatusResponse before, long now, Map<Integer, PromoteShardResponse> promoted) {
        List<Shard> shards = new ArrayList<>();
        for (ShardView view : before.shards()) {
            ShardFigures figures = view.follow() == null ? null : view.follow().figures();
            long leaderSeqNo = view.follow() == null ? UNKNOWN : view.syncing().leaderCheckpoint();
            shards.add(Shard.of(view.shard().id(), promoted.get(view.shard().id()), figures, leaderSeqNo, now));
        }
        promoted.forEach((id, answer) -> {
            if (shards.stream().noneMatch(shard -> shard.id == id)) {
                shards.add(Shard.of(id, answer, null, UNKNOWN, now));
            }
        });
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

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject().field("promoted", true).field("status_before", status);
        builder.field("leader_alias", alias).field("leader_index", leader);
        builder.startArray("shards");
        for (Shard shard : shards) {
            shard.toXContent(builder);
        }
        return builder.endArray().endObject();
    }
}
