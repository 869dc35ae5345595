package org.opensearch.ccr.core;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.BytesRefIterator;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.common.bytes.BytesReference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * The frame of a call, both ways: u32le envelope length, u32le payload position, u32le payload length, envelope, payload.
 * Positions count from the frame's first byte, which is byte 0 of the buffer.
 */
final class CallFrame {
    private CallFrame() {}

    /** Bytes a frame of this envelope and payload takes. */
    static long length(int envelope, int payload) {
        return (long) NativeMethod.PREAMBLE + envelope + payload;
    }

    /** Writes a message at pos and answers its length. LIMIT when it is longer than an envelope may be. */
    static int putMessage(ByteBuffer buffer, int pos, MessageLite message) {
        int len = message.getSerializedSize();
        if (len > NativeMethod.ENVELOPE_MAX) {
            throw new NativeException(NativeStatus.LIMIT,
                "a message of [" + len + "] bytes is longer than [" + NativeMethod.ENVELOPE_MAX + "]");
        }
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(buffer.slice(pos, len));
            message.writeTo(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("a direct buffer refused a message it has room for", e);
        }
        return len;
    }

    /** Writes a whole frame from byte 0 and answers its length. envelope and payload may be null. */
    static int put(ByteBuffer buffer, MessageLite envelope, BytesReference payload) {
        int envelopeLen = envelope == null ? 0 : putMessage(buffer, NativeMethod.PREAMBLE, envelope);
        int payloadPos = NativeMethod.PREAMBLE + envelopeLen;
        int payloadLen = payload == null ? 0 : payload.length();
        buffer.putInt(0, envelopeLen).putInt(4, payloadPos).putInt(8, payloadLen);
        if (payloadLen > 0) {
            copy(payload, buffer, payloadPos);
        }
        return payloadPos + payloadLen;
    }

    /** Reads the answer frame of len bytes. BROKEN when the core wrote what is no frame. */
    static <T extends MessageLite> NativeAnswer<T> get(ByteBuffer buffer, int len, Parser<T> parser, String what) {
        long envelopeLen = len < NativeMethod.PREAMBLE ? -1 : buffer.getInt(0);
        long payloadPos = envelopeLen < 0 ? -1 : buffer.getInt(4);
        long payloadLen = envelopeLen < 0 ? -1 : buffer.getInt(8);
        if (envelopeLen < 0 || envelopeLen > NativeMethod.ENVELOPE_MAX || NativeMethod.PREAMBLE + envelopeLen > len
            || payloadPos < 0 || payloadLen < 0 || payloadLen > 0 && payloadPos + payloadLen > len) {
            throw new NativeException(NativeStatus.BROKEN, what + ": the answer is no call frame");
        }
        T envelope = parser == null ? null : parse(buffer.slice(NativeMethod.PREAMBLE, (int) envelopeLen), parser, what);
        if (payloadLen == 0) {
            return new NativeAnswer<>(envelope, BytesArray.EMPTY);
        }
        byte[] payload = new byte[(int) payloadLen];
        buffer.get((int) payloadPos, payload);
        return new NativeAnswer<>(envelope, new BytesArray(payload));
    }

    /** The exception for a result of status &lt;&lt; 32 | length, with the detail the core wrote to buffer. */
    static NativeException failure(long result, String what, ByteBuffer buffer) {
        NativeStatus status = NativeStatus.of((int) (result >>> 32));
        long len = result & 0xFFFFFFFFL;
        CoreProto.ErrorDetail detail = CoreProto.ErrorDetail.getDefaultInstance();
        if (status != NativeStatus.NOBUF && len > 0 && len <= buffer.capacity()) {
            detail = parse(buffer.slice(0, (int) len), CoreProto.ErrorDetail.parser(), what);
        }
        return NativeException.of(status, what, detail);
    }

    private static <T extends MessageLite> T parse(ByteBuffer message, Parser<T> parser, String what) {
        try {
            return parser.parseFrom(message);
        } catch (InvalidProtocolBufferException e) {
            throw new NativeException(NativeStatus.BROKEN, what + ": the answer is not the expected message", 0, 0, e);
        }
    }

    private static void copy(BytesReference from, ByteBuffer to, int pos) {
        try {
            BytesRefIterator pages = from.iterator();
            int at = pos;
            for (BytesRef page = pages.next(); page != null; page = pages.next()) {
                to.put(at, page.bytes, page.offset, page.length);
                at += page.length;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("bytes in memory cannot fail to be read", e);
        }
    }
}
