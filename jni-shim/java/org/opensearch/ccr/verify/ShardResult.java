package org.opensearch.ccr.verify;

import org.opensearch.ccr.proto.CoreProto.VerifyEffects;
import org.opensearch.ccr.proto.CoreProto.VerifyState;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;

/**
 * How far the comparison of one shard came, at its end or meanwhile.
 *
 * @param complete    whether everything up to the follower's checkpoint was compared
 * @param nextSeqNo   everything below was compared
 * @param checkpoint  the follower's at the last question, -1 before the first answer
 * @param documents   compared
 * @param bytes       read on both sides
 * @param moved       documents that had changed on the leader just then
 * @param differences found
 * @param failure     why it has given up; null when it has not
 */
public record ShardResult(
    int shard,
    boolean complete,
    long nextSeqNo,
    long checkpoint,
    long documents,
    long bytes,
    long moved,
    long differences,
    String failure
) implements Writeable, ToXContentObject {

    static ShardResult of(int shard, VerifyEffects effects, String failure) {
        return new ShardResult(
            shard,
            effects.getState() == VerifyState.COMPARISON_COMPLETE,
            effects.getNextSeqNo(),
            effects.getCheckpoint(),
            effects.getDocuments(),
            effects.getBytes(),
            effects.getMoved(),
            effects.getDifferences(),
            failure
        );
    }

    public ShardResult(StreamInput in) throws IOException {
        this(
            in.readVInt(),
            in.readBoolean(),
            in.readZLong(),
            in.readZLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readOptionalString()
        );
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeVInt(shard);
        out.writeBoolean(complete);
        out.writeZLong(nextSeqNo);
        out.writeZLong(checkpoint);
        out.writeVLong(documents);
        out.writeVLong(bytes);
        out.writeVLong(moved);
        out.writeVLong(differences);
        out.writeOptionalString(failure);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject();
        builder.field("shard", shard);
        builder.field("complete", complete);
        builder.field("compared_to", nextSeqNo - 1);
        builder.field("follower_checkpoint", checkpoint);
        builder.field("documents", documents);
        builder.field("bytes_read", bytes);
        builder.field("changed_meanwhile", moved);
        builder.field("differences", differences);
        if (failure != null) {
            builder.field("failure", failure);
        }
        return builder.endObject();
    }
}
