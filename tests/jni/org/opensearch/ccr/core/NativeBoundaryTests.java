package org.opensearch.ccr.core;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.core.common.bytes.BytesArray;

import java.nio.ByteBuffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The natives themselves, as no Java code of ours would call them: wrong buffers, wrong handles, wrong messages. */
class NativeBoundaryTests {
    private static long handle;

    @BeforeAll
    static void open() {
        Cores.core();
        handle = Cores.rawOpen(NativeMethod.KIND_CODEC);
    }

    private static long echo(ByteBuffer in, int inPos, int inLen, ByteBuffer out, int outPos, int outCap) {
        return NativeCore.call(handle, NativeMethod.ECHO.id(), in, inPos, inLen, out, outPos, outCap);
    }

    private static void refused(String text, ByteBuffer in, int inPos, int inLen, ByteBuffer out, int outPos, int outCap) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
            () -> echo(in, inPos, inLen, out, outPos, outCap));
        assertEquals(text, e.getMessage());
    }

    @Test
    void buffersAreCheckedInC() {
        ByteBuffer in = Cores.direct(64);
        ByteBuffer out = Cores.direct(64);
        refused("the buffer is null", null, 0, 12, out, 0, 64);
        refused("the buffer is null", in, 0, 12, null, 0, 64);
        refused("the buffer is not direct", ByteBuffer.allocate(64), 0, 12, out, 0, 64);
        refused("the buffer is not direct", in, 0, 12, ByteBuffer.allocate(64), 0, 64);
        String bounds = "position and length are not within the buffer";
        refused(bounds, in, -1, 12, out, 0, 64);
        refused(bounds, in, 0, -1, out, 0, 64);
        refused(bounds, in, 0, 65, out, 0, 64);
        refused(bounds, in, 64, 1, out, 0, 64);
        refused(bounds, in, Integer.MAX_VALUE, Integer.MAX_VALUE, out, 0, 64);
        refused(bounds, in, 0, 12, out, 1, 64);
        refused(bounds, in, 0, 12, out, Integer.MIN_VALUE, 64);
        assertEquals(NativeStatus.OK, Cores.status(echo(in, 0, 12, out, 0, 64)));
        assertEquals(NativeStatus.OK, Cores.status(echo(in, 52, 12, out, 52, 12)));
        assertThrows(IllegalArgumentException.class, () -> NativeCore.open(3, null, 0, 0, out, 0, 64));
        assertThrows(IllegalArgumentException.class, () -> NativeCore.init(in, 0, 0, null, 0, 0));
    }

    @Test
    void overlappingBuffersAreRefused() {
        ByteBuffer both = Cores.direct(128);
        assertEquals(NativeStatus.ARG, Cores.status(echo(both, 0, 64, both, 63, 65)));
        assertEquals(NativeStatus.OK, Cores.status(echo(both, 0, 64, both, 64, 64)));
    }

    @Test
    void staleAndForgedHandlesAreClosed() {
        ByteBuffer out = Cores.direct(512);
        long stale = Cores.rawOpen(NativeMethod.KIND_CODEC);
        assertEquals(NativeStatus.OK.code(), NativeCore.close(stale));
        assertEquals(NativeStatus.CLOSED.code(), NativeCore.close(stale));
        // One handle further might be open: the codec of other tests keeps its sessions. Beyond the 64 slots is none.
        for (long forged : new long[] { stale, 0, -1, 1, handle + 64, handle ^ (1L << 40), Long.MAX_VALUE, Long.MIN_VALUE }) {
            assertEquals(NativeStatus.CLOSED, Cores.status(Cores.rawCall(forged, NativeMethod.ECHO, null, null, out)));
            assertEquals(NativeStatus.CLOSED.code(), NativeCore.close(forged));
        }
        long result = Cores.rawCall(0x7777, NativeMethod.ECHO, null, null, out);
        NativeException e = CallFrame.failure(result, "ECHO", out);
        assertEquals("ECHO: CLOSED: no open session has the handle 0x7777", e.getMessage());
    }

    @Test
    void tooSmallABufferTellsTheNeededLength() {
        BytesArray payload = new BytesArray(new byte[1000]);
        ByteBuffer tiny = Cores.direct(20);
        long result = Cores.rawCall(handle, NativeMethod.ECHO, null, payload, tiny);
        assertEquals(NativeStatus.NOBUF, Cores.status(result));
        int needed = (int) result;
        assertTrue(needed >= 1012 && needed < 1100, "needed " + needed);
        result = Cores.rawCall(handle, NativeMethod.ECHO, null, payload, Cores.direct(needed));
        assertEquals(NativeStatus.OK, Cores.status(result));
        result = Cores.rawCall(handle, NativeMethod.ECHO, null, payload, Cores.direct(needed - 1));
        assertEquals(NativeStatus.NOBUF, Cores.status(result));
        // A failure whose detail does not fit has none, and is still the failure.
        result = Cores.rawCall(0x7777, NativeMethod.ECHO, null, null, Cores.direct(3));
        assertEquals(NativeStatus.CLOSED, Cores.status(result));
        assertEquals(0, (int) result);
    }

    @Test
    void foreignMessagesAndMethodsAreRefused() {
        ByteBuffer out = Cores.direct(1024);
        CoreProto.ErrorDetail foreign = CoreProto.ErrorDetail.newBuilder().setCode(-1).setText("\u0007not what you want").build();
        assertEquals(NativeStatus.ARG, Cores.status(Cores.rawCall(handle, NativeMethod.LEADER_READ, foreign, null, out)));
        assertEquals(NativeStatus.ARG, Cores.status(Cores.rawCall(handle, NativeMethod.FOLLOWER_EVENT, foreign, null, out)));
        assertEquals(NativeStatus.ARG, Cores.status(NativeCore.call(handle, 99, Cores.direct(12), 0, 12, out, 0, 1024)));
        assertEquals(NativeStatus.ARG, Cores.status(NativeCore.call(handle, -1, Cores.direct(12), 0, 12, out, 0, 1024)));
        ByteBuffer garbage = Cores.direct(64);
        for (int i = 0; i < 64; i++) {
            garbage.put(i, (byte) 0xff);
        }
        assertEquals(NativeStatus.LIMIT, Cores.status(echo(garbage, 0, 64, out, 0, 1024)));
        garbage.putInt(0, 52).putInt(4, 0).putInt(8, 0);
        long result = NativeCore.call(handle, NativeMethod.PACK_CHUNK.id(), garbage, 0, 64, out, 0, 1024);
        assertEquals(NativeStatus.ARG, Cores.status(result));
        assertEquals("PACK_CHUNK: ARG: the envelope of 52 bytes is no ChunkPack",
            CallFrame.failure(result, "PACK_CHUNK", out).getMessage());
    }

    @Test
    void tooLongAnEnvelopeIsRefused() {
        ByteBuffer in = Cores.direct(70000);
        in.putInt(0, NativeMethod.ENVELOPE_MAX + 1);
        ByteBuffer out = Cores.direct(1024);
        long result = echo(in, 0, 70000, out, 0, 1024);
        assertEquals(NativeStatus.LIMIT, Cores.status(result));
        assertEquals("x: LIMIT: envelope is 65537 bytes, the maximum is 65536", CallFrame.failure(result, "x", out).getMessage());
    }

    @Test
    void theCoreStartsOnce() {
        ByteBuffer detail = Cores.direct(512);
        long result = NativeCore.init(Cores.direct(1), 0, 0, detail, 0, 512);
        assertTrue(result < 0);
        assertEquals("init: ARG: the core was started before", CallFrame.failure(-result, "init", detail).getMessage());
    }
}
