package org.opensearch.ccr.leader;

import com.google.protobuf.InvalidProtocolBufferException;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ValidateActions;
import org.opensearch.action.support.single.shard.SingleShardRequest;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.shard.ShardId;

import java.io.IOException;

/** A follower's wish for operations of one leader shard. The wish itself is the message that the native core reads. */
public final class FetchBatchRequest extends SingleShardRequest<FetchBatchRequest> {

    /** Longest wish accepted from another cluster, bytes. */
    private static final int READ_MAX = 4096;

    private final ShardId leaderShard;
    private final WireProto.ReadRequest read;

    public FetchBatchRequest(ShardId leaderShard, WireProto.ReadRequest read) {
        super(leaderShard.getIndexName());
        this.leaderShard = leaderShard;
        this.read = read;
    }

    /** Asks for nothing of an index that is not there: only whether it would be allowed to. */
    public static FetchBatchRequest probe(String index) {
        ShardId none = new ShardId(index, IndexMetadata.INDEX_UUID_NA_VALUE, 0);
        return new FetchBatchRequest(none, WireProto.ReadRequest.getDefaultInstance());
    }

    public FetchBatchRequest(StreamInput in) throws IOException {
        super(in);
        leaderShard = new ShardId(in);
        int length = in.readVInt();
        if (length < 0 || length > READ_MAX) {
            throw new IOException("a read request of [" + length + "] bytes, at most [" + READ_MAX + "] are accepted");
        }
        byte[] bytes = new byte[length];
        in.readBytes(bytes, 0, length);
        try {
            read = WireProto.ReadRequest.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IOException("a damaged read request", e);
        }
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        leaderShard.writeTo(out);
        byte[] bytes = read.toByteArray();
        out.writeVInt(bytes.length);
        out.writeBytes(bytes);
    }

    public ShardId leaderShard() {
        return leaderShard;
    }

    public WireProto.ReadRequest read() {
        return read;
    }

    @Override
    public ActionRequestValidationException validate() {
        ActionRequestValidationException invalid = validateNonNullIndex();
        if (read.getFromSeqNo() < 0) {
            invalid = ValidateActions.addValidationError("from_seq_no [" + read.getFromSeqNo() + "] must not be negative", invalid);
        }
        if (leaderShard.getIndexName().equals(index()) == false) {
            invalid = ValidateActions.addValidationError("shard " + leaderShard + " is not one of index [" + index() + "]", invalid);
        }
        return invalid;
    }

    @Override
    public String getDescription() {
        return "shard " + leaderShard + " from [" + read.getFromSeqNo() + "]";
    }

    @Override
    public String toString() {
        return "fetch " + getDescription();
    }
}
