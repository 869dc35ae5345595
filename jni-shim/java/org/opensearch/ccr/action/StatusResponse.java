package org.opensearch.ccr.action;

import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The answer of {@code _status}: exactly the fields of the API contract. */
public final class StatusResponse extends ActionResponse implements ToXContentObject {

    /** The words of the contract; each is also its own text but for the last. */
    enum Word {
        SYNCING("SYNCING"),
        BOOTSTRAPPING("BOOTSTRAPPING"),
        PAUSED("PAUSED"),
        FAILED("FAILED"),
        STOPPED("STOPPED"),
        NOT_IN_PROGRESS("REPLICATION NOT IN PROGRESS");

        private final String text;

        Word(String text) {
            this.text = text;
        }
    }

    static final StatusResponse NOT_IN_PROGRESS = new StatusResponse(Word.NOT_IN_PROGRESS, "", "", "", "", List.of(), false);

    private final Word word;
    private final String reason;
    private final String alias;
    private final String leader;
    private final String follower;
    private final List<ShardView> shards;
    private final boolean verbose;

    StatusResponse(Word word, String reason, String alias, String leader, String follower, List<ShardView> shards, boolean verbose) {
        this.word = word;
        this.reason = reason;
        this.alias = alias;
        this.leader = leader;
        this.follower = follower;
        this.shards = shards;
        this.verbose = verbose;
    }

    public StatusResponse(StreamInput in) throws IOException {
        this(
            in.readEnum(Word.class),
            in.readString(),
            in.readString(),
            in.readString(),
            in.readString(),
            in.readList(ShardView::new),
            in.readBoolean()
        );
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeEnum(word);
        out.writeString(reason);
        out.writeString(alias);
        out.writeString(leader);
        out.writeString(follower);
        out.writeList(shards);
        out.writeBoolean(verbose);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject();
        builder.field("status", word.text);
        if (word == Word.NOT_IN_PROGRESS) {
            return builder.endObject();
        }
        builder.field("reason", reason);
        builder.field("leader_alias", alias);
        builder.field("leader_index", leader);
        builder.field("follower_index", follower);
        ShardView.Restore restore = restore();
        if (restore != null) {
            restore.toXContent(builder, "bootstrap_details");
        }
        Optional<ShardView.Syncing> sum = shards.stream()
            .map(ShardView::syncing)
            .filter(Objects::nonNull)
            .reduce(ShardView.Syncing::plus);
        if (sum.isPresent()) {
            sum.get().toXContent(builder, "syncing_details");
        }
        if (verbose && (word == Word.SYNCING || word == Word.BOOTSTRAPPING)) {
            builder.startArray("shard_replication_details");
            for (ShardView shard : shards) {
                builder.startObject().field("shard_id", shard.shard().toString());
                if (shard.syncing() != null) {
                    shard.syncing().toXContent(builder, "syncing_task_details");
                }
                if (shard.restore() != null) {
                    shard.restore().toXContent(builder, "bootstrap_task_details");
                }
                builder.endObject();
            }
            builder.endArray();
        }
        return builder.endObject();
    }

    /** Sums over the shards that are being copied; percentages are means, times those of the earliest and the longest. */
    private ShardView.Restore restore() {
        List<ShardView.Restore> all = shards.stream().map(ShardView::restore).filter(Objects::nonNull).toList();
        if (all.isEmpty()) {
            return null;
        }
        return new ShardView.Restore(
            all.stream().mapToLong(ShardView.Restore::bytesTotal).sum(),
            all.stream().mapToLong(ShardView.Restore::bytesRecovered).sum(),
            (float) all.stream().mapToDouble(ShardView.Restore::bytesPercent).average().orElse(0),
            all.stream().mapToInt(ShardView.Restore::filesTotal).sum(),
            all.stream().mapToInt(ShardView.Restore::filesRecovered).sum(),
            (float) all.stream().mapToDouble(ShardView.Restore::filesPercent).average().orElse(0),
            all.stream().mapToLong(ShardView.Restore::startTime).min().orElse(0),
            all.stream().mapToLong(ShardView.Restore::runningTime).max().orElse(0)
        );
    }
}
