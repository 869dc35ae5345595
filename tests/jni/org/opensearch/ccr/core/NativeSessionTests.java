package org.opensearch.ccr.core;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import org.apache.lucene.store.AlreadyClosedException;
import org.junit.jupiter.api.Test;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.common.bytes.CompositeBytesReference;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class NativeSessionTests {
    private final NativeCore core = Cores.core();

    private static CoreProto.ErrorDetail message(Random random, int text) {
        return CoreProto.ErrorDetail.newBuilder().setCode(random.nextInt()).setText("x".repeat(text)).setOffset(random.nextLong())
            .build();
    }

    @Test
    void echoBringsBackMessagesAndPayloadsOfAnySize() {
        Random random = new Random(42);
        try (NativeSession session = core.openCodec()) {
            for (int i = 0; i < 300; i++) {
                CoreProto.ErrorDetail envelope = i % 5 == 0 ? null : message(random, random.nextInt(3000));
                int size = 1 << random.nextInt(20);
                BytesReference payload = i % 7 == 0 ? null : Cores.random(random, random.nextInt(size));
                if (payload != null && payload.length() > 3 && i % 2 == 0) { // not one array
                    int cut = random.nextInt(payload.length());
                    payload = CompositeBytesReference.of(payload.slice(0, cut), payload.slice(cut, payload.length() - cut));
                }
                NativeAnswer<CoreProto.ErrorDetail> answer = session.call(NativeMethod.ECHO, envelope, payload,
                    CoreProto.ErrorDetail.parser());
                assertEquals(envelope == null ? CoreProto.ErrorDetail.getDefaultInstance() : envelope, answer.envelope());
                assertEquals(payload == null ? BytesArray.EMPTY : payload, answer.payload());
            }
            BytesReference large = Cores.random(random, 20 << 20);
            assertEquals(large, session.call(NativeMethod.ECHO, null, large, null).payload());
        }
        assertTrue(core.buffers().pooledBytes() <= 42L << 20);
    }

    @Test
    void aMessageLongerThanAnEnvelopeIsRefused() {
        try (NativeSession session = core.openCodec()) {
            CoreProto.ErrorDetail huge = message(new Random(1), 70000);
            NativeException e = assertThrows(NativeException.class, () -> session.call(NativeMethod.ECHO, huge, null, null));
            assertEquals(NativeStatus.LIMIT, e.nativeStatus());
            assertEquals(CoreProto.ErrorDetail.getDefaultInstance(),
                session.call(NativeMethod.ECHO, null, null, CoreProto.ErrorDetail.parser()).envelope());
        }
    }

    @Test
    void anAnswerThatIsNotTheMessageAskedForIsOurBug() {
        try (NativeSession session = core.openCodec()) {
            BytesValue noText = BytesValue.of(ByteString.copyFrom(new byte[] { (byte) 0xff }));
            NativeException e = assertThrows(NativeException.class,
                () -> session.call(NativeMethod.ECHO, noText, null, CoreProto.LeaderOpen.parser()));
            assertEquals(NativeStatus.BROKEN, e.nativeStatus());
        }
    }

    @Test
    void aClosedSessionAnswersClosed() {
        NativeSession session = core.openCodec();
        assertFalse(session.isClosed());
        session.close();
        session.close();
        assertTrue(session.isClosed());
        NativeException e = assertThrows(NativeException.class, () -> session.call(NativeMethod.ECHO, null, null, null));
        assertEquals(NativeStatus.CLOSED, e.nativeStatus());
        assertInstanceOf(AlreadyClosedException.class, e.getCause());
    }

    @Test
    void wrongKindAndBadConfigAreArguments() {
        try (NativeSession session = core.openFollower(Cores.followerConfig(WireProto.Codec.CODEC_ZSTD))) {
            NativeException e = assertThrows(NativeException.class, () -> session.call(NativeMethod.ECHO, null, null, null));
            assertEquals(NativeStatus.ARG, e.nativeStatus());
            assertEquals("ECHO: ARG: method 10 is not one of a follower session", e.getMessage());
        }
        NativeException e = assertThrows(NativeException.class, () -> core.openFollower(CoreProto.FollowerConfig.getDefaultInstance()));
        assertEquals(NativeStatus.ARG, e.nativeStatus());
        e = assertThrows(NativeException.class,
            () -> core.openLeader(CoreProto.LeaderOpen.newBuilder().setTranslogPath("relative").setHistoryUuid("h").build()));
        assertEquals(NativeStatus.ARG, e.nativeStatus());
        e = assertThrows(NativeException.class,
            () -> core.openLeader(CoreProto.LeaderOpen.newBuilder().setTranslogPath("/does/not/exist").setHistoryUuid("h").build()));
        assertTrue(e.nativeStatus() == NativeStatus.IO || e.nativeStatus() == NativeStatus.GONE, e.getMessage());
    }

    @Test
    void aFullTableSaysSo() {
        List<NativeSession> open = new ArrayList<>();
        try {
            NativeException e = assertThrows(NativeException.class, () -> {
                for (int i = 0; i < 100; i++) {
                    open.add(core.openCodec());
                }
            });
            assertEquals(NativeStatus.LIMIT, e.nativeStatus());
            assertTrue(e.getMessage().contains("all 64 sessions of this node are open"), e.getMessage());
        } finally {
            open.forEach(NativeSession::close);
        }
        core.openCodec().close();
    }

    /** Threads that call, and one that closes: every call ends well, BUSY or CLOSED, and the session is freed. */
    @Test
    void closeWhileInUse() throws Exception {
        Random random = new Random(3);
        BytesReference payload = Cores.random(random, 200_000);
        CoreProto.ChunkPack pack = CoreProto.ChunkPack.newBuilder().setCodec(WireProto.Codec.CODEC_ZSTD).setLevel(3).build();
        AtomicInteger busy = new AtomicInteger();
        AtomicInteger closed = new AtomicInteger();
        for (int round = 0; round < 30; round++) {
            NativeSession session = core.openCodec();
            AtomicBoolean odd = new AtomicBoolean();
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 3; t++) {
                threads.add(new Thread(() -> {
                    while (true) {
                        try {
                            session.call(NativeMethod.PACK_CHUNK, pack, payload, null);
                        } catch (NativeException e) {
                            if (e.nativeStatus() == NativeStatus.CLOSED) {
                                closed.incrementAndGet();
                                return;
                            }
                            if (e.nativeStatus() != NativeStatus.BUSY) {
                                odd.set(true);
                                return;
                            }
                            busy.incrementAndGet();
                        }
                    }
                }));
            }
            int before = busy.get();
            threads.forEach(Thread::start);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (busy.get() == before && System.nanoTime() < deadline) {
                Thread.yield();
            }
            session.close();
            for (Thread thread : threads) {
                thread.join(60_000);
                assertFalse(thread.isAlive());
            }
            assertFalse(odd.get());
        }
        assertEquals(90, closed.get());
        assertTrue(busy.get() > 0);
    }

    /** Nothing of 64 slots is left over after 30 sessions were closed in use: the table still has room for 50. */
    @Test
    void slotsComeBack() {
        List<NativeSession> open = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            open.add(core.openCodec());
        }
        open.forEach(NativeSession::close);
    }

    /** A forgotten session is freed by the cleaner, with an error in the log. */
    @Test
    void theCleanerIsANet() throws Exception {
        for (int i = 0; i < 200; i++) { // three times the table
            try {
                core.openCodec();
            } catch (NativeException e) {
                assertEquals(NativeStatus.LIMIT, e.nativeStatus());
                System.gc();
                Thread.sleep(20);
            }
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            System.gc();
            Thread.sleep(10);
            try {
                slotsComeBack();
                return;
            } catch (NativeException e) {
                assertEquals(NativeStatus.LIMIT, e.nativeStatus());
                assertTrue(System.nanoTime() < deadline, "forgotten sessions were never freed");
            }
        }
    }
}
