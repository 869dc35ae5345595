package org.opensearch.ccr.follower;

import org.opensearch.action.support.ActiveShardCount;
import org.opensearch.action.support.replication.ReplicatedWriteRequest;
import org.opensearch.ccr.core.BatchCodec;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.shard.ShardId;

import java.io.IOException;

/**
 * One batch of the leader's operations for a follower shard. On the node that made it the operations are plain bytes in memory;
 * to another node they travel as a self-contained frame, which is packed once at most, and only when somebody needs it.
 */
public final class ReplayBatchRequest extends ReplicatedWriteRequest<ReplayBatchRequest> {
    /** LZ4 acceleration for the follower's replicas: they share a network, so speed counts for more than size. */
    private static final int LEVEL = 1;

    private final long firstSeqNo;
    private final long lastSeqNo;
    private final long maxSeqNoOfUpdates;
    private final BatchCodec codec; // null when it came from another node: then the frame is here
    private BytesReference plain;
    private BytesReference frame;

    /**
     * A batch at the node that fetched it.
     *
     * @param plain operations first to last, ascending and gapless: {@code u32be length, body} each
     * @param frame the leader's frame of just these when it is self-contained, else null
     */
    ReplayBatchRequest(ShardId shard, long firstSeqNo, long lastSeqNo, long maxSeqNoOfUpdates, BytesReference plain,
        BytesReference frame, BatchCodec codec) {
        super(shard);
        this.firstSeqNo = firstSeqNo;
        this.lastSeqNo = lastSeqNo;
        this.maxSeqNoOfUpdates = maxSeqNoOfUpdates;
        this.plain = plain;
        this.frame = frame;
        this.codec = codec;
        // The leader has acknowledged these writes already; holding them back would make no copy safer.
        waitForActiveShards(ActiveShardCount.NONE);
    }

    /** Asks for nothing of an index that is not there: only whether it would be allowed to. */
    public static ReplayBatchRequest probe(String index) {
        ShardId none = new ShardId(index, IndexMetadata.INDEX_UUID_NA_VALUE, 0);
        ReplayBatchRequest probe = new ReplayBatchRequest(none, 0, 0, 0, BytesArray.EMPTY, BytesArray.EMPTY, null);
        return probe.timeout(TimeValue.timeValueSeconds(1)); // a cluster that is blocked has let it pass, too
    }

    ReplayBatchRequest(StreamInput in) throws IOException {
        super(in);
        firstSeqNo = in.readVLong();
        lastSeqNo = in.readVLong();
        maxSeqNoOfUpdates = in.readZLong();
        frame = in.readBytesReference();
        codec = null;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeVLong(firstSeqNo);
        out.writeVLong(lastSeqNo);
        out.writeZLong(maxSeqNoOfUpdates);
        out.writeBytesReference(frame());
    }

    public long firstSeqNo() {
        return firstSeqNo;
    }

    public long lastSeqNo() {
        return lastSeqNo;
    }

    long maxSeqNoOfUpdates() {
        return maxSeqNoOfUpdates;
    }

    /** The plain operations; unpacked and verified at the first call on another node. */
    synchronized BytesReference plain(BatchCodec local) {
        if (plain == null) {
            plain = local.unpackBatch(frame).payload();
        }
        return plain;
    }

    /** Bytes this request holds in memory now. */
    synchronized long size() {
        return (plain == null ? 0 : plain.length()) + (frame == null ? 0 : frame.length());
    }

    private synchronized BytesReference frame() {
        if (frame == null) {
            frame = codec.packBatch(WireProto.Codec.CODEC_LZ4, LEVEL, firstSeqNo, maxSeqNoOfUpdates, plain).payload();
        }
        return frame;
    }

    @Override
    public String toString() {
        return "replay [" + firstSeqNo + "-" + lastSeqNo + "] on " + shardId;
    }

    @Override
    public String getDescription() {
        return toString();
    }
}
