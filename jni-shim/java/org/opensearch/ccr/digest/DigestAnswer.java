package org.opensearch.ccr.digest;

import com.google.protobuf.InvalidProtocolBufferException;
import org.opensearch.ccr.proto.CoreProto.DigestSums;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;
import java.util.List;

/**
 * A shard's answer to a {@link DigestQuestion}.
 *
 * @param historyUuid of the shard
 * @param checkpoint  every operation up to it was in what was read
 * @param maxSeqNo    no operation above it was
 * @param lastSeqNo   the answer covers the question's range up to here
 * @param sums        one for each {@code width} sequence numbers
 * @param documents   with width 1: which documents they are, ascending by sequence number
 * @param newest      newest operation on each document that was asked for, -1 for none
 */
public record DigestAnswer(
    String historyUuid,
    long checkpoint,
    long maxSeqNo,
    long lastSeqNo,
    DigestSums sums,
    List<Entry> documents,
    long[] newest
) implements Writeable {

    private static final int SUMS_BYTES_MAX = 16 << 10;

    /**
     * A live document.
     *
     * @param routing null for none
     */
    public record Entry(long seqNo, String id, long version, String routing) implements Writeable {
        public Entry(StreamInput in) throws IOException {
            this(in.readZLong(), in.readString(), in.readZLong(), in.readOptionalString());
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeZLong(seqNo);
            out.writeString(id);
            out.writeZLong(version);
            out.writeOptionalString(routing);
        }
    }

    public DigestAnswer(StreamInput in) throws IOException {
        this(
            in.readString(),
            in.readZLong(),
            in.readZLong(),
            in.readZLong(),
            readSums(in),
            in.readList(Entry::new),
            in.readLongArray()
        );
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(historyUuid);
        out.writeZLong(checkpoint);
        out.writeZLong(maxSeqNo);
        out.writeZLong(lastSeqNo);
        out.writeByteArray(sums.toByteArray());
        out.writeList(documents);
        out.writeLongArray(newest);
    }

    private static DigestSums readSums(StreamInput in) throws IOException {
        byte[] bytes = in.readByteArray();
        if (bytes.length > SUMS_BYTES_MAX) {
            throw new IOException("digests of [" + bytes.length + "] bytes, at most [" + SUMS_BYTES_MAX + "] are accepted");
        }
        try {
            return DigestSums.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IOException("damaged digests", e);
        }
    }
}
