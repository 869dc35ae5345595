package org.opensearch.ccr.status;

import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The answer of {@code _status}: exactly the fields of the API contract, unless details were asked for. */
public final class StatusResponse extends ActionResponse implements ToXContentObject {

    /** The words of the contract; each is also its own text but for the last. */
    public enum Word {
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

        public String text() {
            return text;
        }
    }

    static final StatusResponse NOT_IN_PROGRESS = new StatusResponse(
        Word.NOT_IN_PROGRESS,
        "",
        "",
        "",
        "",
        List.of(),
        Unheard.NOTHING,
        StatusForm.CONTRACT,
        0
    );

    private final Word word;
    private final String reason;
    private final String alias;
    private final String leader;
    private final String follower;
    private final List<ShardView> shards;
    private final Unheard unheard;
    private final StatusForm form;
    private final long sinceMillis;

    private StatusResponse(
        Word word,
        String reason,
        String alias,
        String leader,
        String follower,
        List<ShardView> shards,
        Unheard unheard,
        StatusForm form,
        long sinceMillis
    ) {
        this.word = word;
        this.reason = reason;
        this.alias = alias;
        this.leader = leader;
        this.follower = follower;
        this.shards = shards;
        this.unheard = unheard;
        this.form = form;
        this.sinceMillis = sinceMillis;
    }

    /** @param sinceMillis when this word became true, epoch milliseconds; 0 when nobody knows */
    StatusResponse(
        Word word,
        String reason,
        FollowRecord record,
        List<ShardView> shards,
        Unheard unheard,
        StatusForm form,
        long sinceMillis
    ) {
        this(word, reason, record.alias(), record.leader(), record.follower(), shards, unheard, form, sinceMillis);
    }

    public StatusResponse(StreamInput in) throws IOException {
        this(
            in.readEnum(Word.class),
            in.readString(),
            in.readString(),
            in.readString(),
            in.readString(),
            in.readList(ShardView::new),
            new Unheard(in),
            new StatusForm(in),
            in.readVLong()
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
        unheard.writeTo(out);
        form.writeTo(out);
        out.writeVLong(sinceMillis);
    }

    public Word word() {
        return word;
    }

    String reason() {
        return reason;
    }

    public String alias() {
        return alias;
    }

    public String leader() {
        return leader;
    }

    public List<ShardView> shards() {
        return shards;
    }

    Unheard unheard() {
        return unheard;
    }

    long sinceMillis() {
        return sinceMillis;
    }

    /** Figures of all shards together. */
    StatusDetails details() {
        return StatusDetails.of(this);
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
        if (form.verbose() && (word == Word.SYNCING || word == Word.BOOTSTRAPPING)) {
            builder.startArray("shard_replication_details");
            for (ShardView shard : shards) {
                builder.startObject().field("shard_id", shard.shard().toString());
                if (shard.syncing() != null) {
                    shard.syncing().toXContent(builder, "syncing_task_details");
                }
                if (shard.restore() != null) {
                    shard.restore().toXContent(builder, "bootstrap_task_details");
                }
                if (form.detailed()) {
                    StatusDetails.of(shard).toXContent(builder.field("node", shard.node()).startObject("details")).endObject();
                }
                builder.endObject();
            }
            builder.endArray();
        }
        if (form.detailed()) {
            builder.startObject("details").field("since_millis", sinceMillis);
            unheard.toXContent(builder);
            details().toXContent(builder).endObject();
        }
        return builder.endObject();
    }

    /** Sums over the shards that are being copied; percentages are means, times those of the earliest and the longest. */
    ShardView.Restore restore() {
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
