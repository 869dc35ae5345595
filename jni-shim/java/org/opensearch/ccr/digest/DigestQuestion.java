package org.opensearch.ccr.digest;

import org.opensearch.ccr.core.NativeLimits;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;
import java.util.List;

/**
 * What a comparison asks a shard: digests of the live documents of a range of sequence numbers, or the newest operation on
 * each of some documents.
 *
 * @param firstSeqNo of the range
 * @param lastSeqNo  of the range, inclusive; a shard that is not that far answers for less
 * @param width      sequence numbers in one digest; 1 names the documents, too
 * @param bytesMax   where to stop reading; a single larger document passes alone
 * @param knownSeqNo everything up to it has to be read; -1 when the range itself says enough
 * @param asOf       documents as they were after this operation, as far as Lucene still has them; -1 for those of now
 * @param keyLow     of the digests, drawn for each comparison
 * @param keyHigh    likewise
 * @param ids        documents whose newest operation is asked for; then nothing else is
 */
public record DigestQuestion(
    long firstSeqNo,
    long lastSeqNo,
    int width,
    int bytesMax,
    long knownSeqNo,
    long asOf,
    long keyLow,
    long keyHigh,
    List<String> ids
) implements Writeable {

    /** Sequence numbers of one question, and digests of one answer, at most. */
    private static final int SPAN_MAX = NativeLimits.DIGEST_WIDTH_MAX;
    private static final int BUCKETS_MAX = NativeLimits.DIGEST_BUCKETS_MAX;

    public DigestQuestion(StreamInput in) throws IOException {
        this(
            in.readLong(),
            in.readLong(),
            in.readInt(),
            in.readInt(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readStringList()
        );
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeLong(firstSeqNo);
        out.writeLong(lastSeqNo);
        out.writeInt(width);
        out.writeInt(bytesMax);
        out.writeLong(knownSeqNo);
        out.writeLong(asOf);
        out.writeLong(keyLow);
        out.writeLong(keyHigh);
        out.writeStringCollection(ids);
    }

    /** What is wrong with a question of another cluster; null when it can be answered. */
    public String refusal() {
        if (ids.size() > BUCKETS_MAX) {
            return "[" + ids.size() + "] documents, at most [" + BUCKETS_MAX + "] can be asked for";
        }
        if (ids.isEmpty() == false) {
            return null;
        }
        boolean range = firstSeqNo >= 0 && lastSeqNo >= firstSeqNo && lastSeqNo - firstSeqNo < SPAN_MAX;
        if (range == false || width < 1 || width > SPAN_MAX || (lastSeqNo - firstSeqNo) / width >= BUCKETS_MAX || bytesMax < 1) {
            return "digests of width [" + width + "] over [" + firstSeqNo + "] to [" + lastSeqNo + "] within [" + bytesMax + "] bytes";
        }
        return null;
    }
}
