package org.opensearch.ccr.verify;

import org.opensearch.ccr.digest.DigestAnswer;
import org.opensearch.ccr.proto.CoreProto.VerifyDifference;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * One document that is not the same on both sides, and was not when it was looked at again.
 *
 * @param leader   null when the leader has no such document
 * @param follower null when the follower has none
 */
public record Difference(int shard, DigestAnswer.Entry leader, DigestAnswer.Entry follower) implements Writeable, ToXContentObject {

    public Difference(StreamInput in) throws IOException {
        this(in.readVInt(), in.readOptionalWriteable(DigestAnswer.Entry::new), in.readOptionalWriteable(DigestAnswer.Entry::new));
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeVInt(shard);
        out.writeOptionalWriteable(leader);
        out.writeOptionalWriteable(follower);
    }

    /**
     * What the core reports of one sequence number. Two documents that both have it are two differences when they are not of
     * the same id.
     */
    static List<Difference> of(int shard, VerifyDifference kind, DigestAnswer.Entry leader, DigestAnswer.Entry follower) {
        boolean two = kind == VerifyDifference.DIFFERENCE_DIFFERENT
            && leader != null
            && follower != null
            && leader.id().equals(follower.id()) == false;
        return two
            ? List.of(new Difference(shard, leader, null), new Difference(shard, null, follower))
            : List.of(new Difference(shard, leader, follower));
    }

    /** A document that each side has under another sequence number is one difference. */
    static List<Difference> joined(List<Difference> differences) {
        Map<String, Integer> open = new HashMap<>(); // shard and id -> place of a one-sided difference
        List<Difference> joined = new ArrayList<>(differences.size());
        for (Difference difference : differences) {
            Integer place = difference.sided() ? open.remove(difference.key()) : null;
            if (place == null) {
                if (difference.sided()) {
                    open.put(difference.key(), joined.size());
                }
                joined.add(difference);
                continue;
            }
            Difference other = joined.get(place);
            DigestAnswer.Entry leader = difference.leader == null ? other.leader : difference.leader;
            DigestAnswer.Entry follower = difference.follower == null ? other.follower : difference.follower;
            joined.set(place, new Difference(difference.shard, leader, follower));
        }
        return joined;
    }

    private boolean sided() {
        return leader == null || follower == null;
    }

    private String key() {
        return shard + "/" + id();
    }

    String id() {
        return leader == null ? follower.id() : leader.id();
    }

    private String kind() {
        String kind = "different";
        if (leader == null) {
            kind = "missing_on_leader";
        } else if (follower == null) {
            kind = "missing_on_follower";
        }
        return kind.toLowerCase(Locale.ROOT);
    }

    /** Where they differ; the source when it is nothing else. */
    private List<String> fields() {
        List<String> fields = new ArrayList<>();
        if (leader.seqNo() != follower.seqNo()) {
            fields.add("_seq_no");
        }
        if (leader.version() != follower.version()) {
            fields.add("_version");
        }
        if (Objects.equals(leader.routing(), follower.routing()) == false) {
            fields.add("_routing");
        }
        if (fields.isEmpty()) {
            fields.add("_source");
        }
        return fields;
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject();
        builder.field("_id", id());
        builder.field("shard", shard);
        builder.field("kind", kind());
        if (leader != null && follower != null) {
            builder.field("fields", fields());
        }
        side(builder, "leader", leader);
        side(builder, "follower", follower);
        return builder.endObject();
    }

    private static void side(XContentBuilder builder, String name, DigestAnswer.Entry entry) throws IOException {
        if (entry == null) {
            return;
        }
        builder.startObject(name);
        builder.field("_seq_no", entry.seqNo());
        builder.field("_version", entry.version());
        if (entry.routing() != null) {
            builder.field("_routing", entry.routing());
        }
        builder.endObject();
    }
}
