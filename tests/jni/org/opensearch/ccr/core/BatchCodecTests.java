package org.opensearch.ccr.core;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.common.bytes.BytesReference;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class BatchCodecTests {
    private static final WireProto.Codec[] CODECS = {
        WireProto.Codec.CODEC_NONE, WireProto.Codec.CODEC_LZ4, WireProto.Codec.CODEC_ZSTD };

    private final BatchCodec codec = Cores.core().codec();

    private static BytesReference text(int bytes) {
        byte[] content = new byte[bytes];
        byte[] words = "the segment file of a shard repeats itself ".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < bytes; i++) {
            content[i] = words[i % words.length];
        }
        return new BytesArray(content);
    }

    /** No-ops, the shortest operations: type 4, seq_no, term, reason. */
    static BytesReference noOps(long from, int count) {
        byte[] reason = "filling gaps after a failover of the primary".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer ops = ByteBuffer.allocate(count * (4 + 1 + 8 + 8 + 1 + reason.length));
        for (int i = 0; i < count; i++) {
            ops.putInt(1 + 8 + 8 + 1 + reason.length).put((byte) 4).putLong(from + i).putLong(1).put((byte) reason.length).put(reason);
        }
        return new BytesArray(ops.array());
    }

    @Test
    void chunksOfEveryCodecAndSizeComeBack() {
        Random random = new Random(1);
        for (WireProto.Codec c : CODECS) {
            for (int size : new int[] { 0, 1, 100, 65536, 1 << 20, 12 << 20 }) {
                BytesReference plain = text(size);
                BytesReference frame = codec.packChunk(c, 1, plain);
                assertEquals(plain, codec.unpackChunk(frame));
                if (size > 60000 && c != WireProto.Codec.CODEC_NONE) {
                    assertTrue(frame.length() < size / 10);
                }
                BytesReference noise = Cores.random(random, size);
                assertEquals(noise, codec.unpackChunk(codec.packChunk(c, 1, noise)));
            }
        }
    }

    @Test
    void batchesComeBackWithTheirSummary() {
        for (WireProto.Codec c : CODECS) {
            BytesReference ops = noOps(500, 3000);
            NativeAnswer<CoreProto.BatchSummary> packed = codec.packBatch(c, 1, 500, 700, ops);
            NativeAnswer<CoreProto.BatchSummary> plain = codec.unpackBatch(packed.payload());
            assertEquals(ops, plain.payload());
            assertEquals(packed.envelope(), plain.envelope());
            assertEquals(3000, plain.envelope().getOps());
            assertEquals(500, plain.envelope().getFromSeqNo());
            assertEquals(3499, plain.envelope().getLastSeqNo());
            assertEquals(700, plain.envelope().getMaxSeqNoOfUpdates());
            assertEquals(0, plain.envelope().getPrefixBytes());
        }
    }

    @Test
    void damageIsTypedAndNeverAnError() {
        byte[] frame = BytesReference.toBytes(codec.packChunk(WireProto.Codec.CODEC_ZSTD, 1, text(5000)));
        frame[frame.length / 2] ^= 4;
        NativeException e = assertThrows(NativeException.class, () -> codec.unpackChunk(new BytesArray(frame)));
        assertEquals(NativeStatus.CORRUPT_WIRE, e.nativeStatus());
        e = assertThrows(NativeException.class, () -> codec.unpackChunk(BytesArray.EMPTY));
        assertEquals("UNPACK_CHUNK: CORRUPT_WIRE: a frame of 0 bytes is shorter than its preamble of 12", e.getMessage());
        e = assertThrows(NativeException.class, () -> codec.unpackBatch(new BytesArray(frame)));
        assertEquals(NativeStatus.CORRUPT_WIRE, e.nativeStatus());
        e = assertThrows(NativeException.class, () -> codec.packChunk(WireProto.Codec.CODEC_ZSTD, 99, text(10)));
        assertEquals("PACK_CHUNK: ARG: level 99 is not in [-7, 19]", e.getMessage());
        e = assertThrows(NativeException.class, () -> codec.packBatch(WireProto.Codec.CODEC_LZ4, 1, 501, 0, noOps(500, 3)));
        assertEquals("PACK_BATCH: CORRUPT_WIRE: operation at 0: expected seq_no 501, got 500", e.getMessage());
        e = assertThrows(NativeException.class,
            () -> codec.packChunk(WireProto.Codec.CODEC_NONE, 0, new BytesArray(new byte[(64 << 20) + 1])));
        assertEquals(NativeStatus.LIMIT, e.nativeStatus());
    }

    @Test
    void manyThreadsShareIt() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(6);
        try {
            for (Future<?> f : IntStream.range(0, 6).mapToObj(t -> pool.submit(() -> {
                Random random = new Random(t);
                for (int i = 0; i < 150; i++) {
                    BytesReference plain = random.nextBoolean() ? text(random.nextInt(100_000)) : Cores.random(random, random.nextInt(100_000));
                    BytesReference frame = codec.packChunk(CODECS[random.nextInt(3)], 1, plain);
                    assertEquals(plain, codec.unpackChunk(frame));
                }
            })).toList()) {
                f.get();
            }
        } finally {
            pool.shutdownNow();
        }
    }
}
