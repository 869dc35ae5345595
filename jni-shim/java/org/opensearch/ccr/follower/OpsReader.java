package org.opensearch.ccr.follower;

import org.apache.lucene.util.BytesRef;
import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.common.io.stream.BytesStreamInput;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.index.translog.Translog;

import java.io.EOFException;
import java.io.IOException;

/**
 * Reads the plain operations of a batch, one after the other: {@code u32be body length, body}. The core has verified count, order
 * and checksum before; what does not parse all the same is never an {@link Error}, as core's own reader may throw.
 *
 * <p>Each operation comes out as the follower needs it: the leader's sequence number and version, the follower's own primary
 * term, and no auto-generated-id timestamp, which would let the engine skip looking for earlier versions.
 */
final class OpsReader {
    private static final int LENGTH_BYTES = 4;
    private static final int NO_AUTO_ID_TIMESTAMP = -1;
    private static final byte INDEX = 2;
    private static final byte DELETE = 3;
    private static final byte NO_OP = 4;
    private static final int INDEX_FORMAT = 11;
    private static final int DELETE_FORMAT = 7;

    private final StreamInput in;
    private final long primaryTerm;
    private final int total;
    private int consumed;

    OpsReader(BytesReference plain, long primaryTerm) {
        BytesRef bytes = plain.toBytesRef(); // one array already: what a batch's own stream reads byte by byte, under a lock
        this.in = new BytesStreamInput(bytes.bytes, bytes.offset, bytes.length);
        this.total = plain.length();
        this.primaryTerm = primaryTerm;
    }

    /**
     * The next operation; null when there is none left. What does not parse is CORRUPT: the batch is fetched again then.
     */
    Translog.Operation next() {
        if (consumed == total) {
            return null;
        }
        try {
            return read();
        } catch (IOException | RuntimeException e) {
            throw ReplicationException.of(
                ErrorClass.ERROR_CORRUPT,
                RestStatus.INTERNAL_SERVER_ERROR,
                "a batch has no operation at byte [" + consumed + "]: " + e.getMessage(),
                e
            );
        }
    }

    private Translog.Operation read() throws IOException {
        int length = in.readInt();
        consumed += LENGTH_BYTES;
        if (length < 1 || length > total - consumed) {
            throw new EOFException("an operation of [" + length + "] bytes in [" + (total - consumed) + "] bytes");
        }
        int left = in.available();
        Translog.Operation op = body();
        if (left - in.available() != length) {
            throw new IOException("operation [" + op.seqNo() + "] has [" + (left - in.available()) + "] bytes, not [" + length + "]");
        }
        consumed += length;
        return op;
    }

    private Translog.Operation body() throws IOException {
        byte type = in.readByte();
        return switch (type) {
            case INDEX -> index();
            case DELETE -> delete();
            case NO_OP -> noOp();
            default -> throw new IOException("unknown operation type [" + type + "]");
        };
    }

    private Translog.Operation index() throws IOException {
        format(INDEX_FORMAT);
        String id = in.readString();
        byte[] source = in.readByteArray();
        String routing = in.readOptionalString();
        long version = in.readLong();
        in.readLong(); // the leader's auto-id timestamp
        long seqNo = in.readLong();
        in.readLong(); // the leader's primary term
        return new Translog.Index(id, seqNo, primaryTerm, version, source, routing, NO_AUTO_ID_TIMESTAMP);
    }

    private Translog.Operation delete() throws IOException {
        format(DELETE_FORMAT);
        String id = in.readString();
        long version = in.readLong();
        long seqNo = in.readLong();
        in.readLong();
        return new Translog.Delete(id, seqNo, primaryTerm, version);
    }

    private Translog.Operation noOp() throws IOException {
        long seqNo = in.readLong();
        in.readLong();
        return new Translog.NoOp(seqNo, primaryTerm, in.readString());
    }

    private void format(int wanted) throws IOException {
        int format = in.readVInt();
        if (format != wanted) {
            throw new IOException("operation format [" + format + "], not [" + wanted + "]");
        }
    }
}
