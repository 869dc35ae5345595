package org.opensearch.ccr.core;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.ccr.proto.CoreProto.EffectKind;
import org.opensearch.ccr.proto.CoreProto.EventKind;
import org.opensearch.ccr.proto.CoreProto.FollowerEffect;
import org.opensearch.ccr.proto.CoreProto.FollowerEffects;
import org.opensearch.ccr.proto.CoreProto.FollowerEvent;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.core.common.bytes.BytesReference;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A translog that a real node wrote, through a leader session and a follower session, to the operations it holds. */
class FullPathTests {
    private record Expected(long length, long crc) {}

    private final NativeCore core = Cores.core();

    /** seq_no -> body, newest generation first as in expected.txt. */
    private static TreeMap<Long, Expected> expected(String folder) throws IOException {
        TreeMap<Long, Expected> ops = new TreeMap<>();
        for (String line : Files.readAllLines(Cores.golden(folder).resolve("expected.txt"))) {
            String[] field = line.trim().split("\\s+");
            if (field.length >= 5 && field[0].matches("\\d+")) {
                ops.putIfAbsent(Long.parseLong(field[0]), new Expected(Long.parseLong(field[3]), Long.parseLong(field[4], 16)));
            }
        }
        return ops;
    }

    private final class Pair implements AutoCloseable {
        final NativeSession leader;
        final NativeSession follower;
        final long globalCheckpoint;
        final Map<Long, Expected> received = new TreeMap<>();
        final Deque<FollowerEvent.Builder> events = new ArrayDeque<>();
        final Map<Long, BytesReference> frames = new TreeMap<>();
        long now = 1000;
        int batches;
        int prefixed;
        long packedBytes;
        long rawBytes;

        Pair(String folder, WireProto.Codec codec, long globalCheckpoint) {
            this.leader = core.openLeader(CoreProto.LeaderOpen.newBuilder().setTranslogPath(Cores.golden(folder).toString())
                .setHistoryUuid("history").setShard("index/0").build());
            this.follower = core.openFollower(Cores.followerConfig(codec).toBuilder().setHistoryUuid("history")
                .setLeaderShard("index/0").build());
            this.globalCheckpoint = globalCheckpoint;
        }

        NativeAnswer<CoreProto.BatchSummary> read(WireProto.ReadRequest request) {
            CoreProto.LeaderState state = CoreProto.LeaderState.newBuilder().setGlobalCheckpoint(globalCheckpoint)
                .setMaxSeqNoOfUpdates(globalCheckpoint).setMappingVersion(1).setSettingsVersion(1).setAliasesVersion(1).build();
            return leader.call(NativeMethod.LEADER_READ,
                CoreProto.LeaderRead.newBuilder().setRequest(request).setState(state).build(), null, CoreProto.BatchSummary.parser());
        }

        void take(FollowerEffects effects, BytesReference payload) {
            assertEquals("", effects.getRefused());
            if (effects.getReceivedBatchId() != 0) {
                collect(payload);
                assertEquals(effects.getReceived().getRawBytes(), payload.length());
            }
            for (FollowerEffect e : effects.getEffectsList()) {
                if (e.getKind() == EffectKind.EFFECT_FETCH && e.getRequest().getFromSeqNo() <= globalCheckpoint) {
                    NativeAnswer<CoreProto.BatchSummary> answer = read(e.getRequest());
                    prefixed += answer.envelope().getPrefixBytes() > 0 ? 1 : 0;
                    batches++;
                    packedBytes += answer.payload().length();
                    rawBytes += answer.envelope().getRawBytes();
                    frames.put(e.getId(), answer.payload());
                    events.add(FollowerEvent.newBuilder().setKind(EventKind.EVENT_FETCHED).setId(e.getId()));
                } else if (e.getKind() == EffectKind.EFFECT_APPLY) {
                    events.add(FollowerEvent.newBuilder().setKind(EventKind.EVENT_APPLIED).setId(e.getId())
                        .setCheckpoint(e.getLastSeqNo()));
                }
            }
        }

        void collect(BytesReference plain) {
            ByteBuffer ops = ByteBuffer.wrap(BytesReference.toBytes(plain));
            while (ops.hasRemaining()) {
                byte[] body = new byte[ops.getInt()];
                ops.get(body);
                CRC32 crc = new CRC32();
                crc.update(body);
                received.put((long) received.size() + first, new Expected(body.length, crc.getValue()));
            }
        }

        long first;

        void follow(long from) {
            first = from;
            events.add(FollowerEvent.newBuilder().setKind(EventKind.EVENT_START).setNextSeqNo(from).setMappingVersion(1)
                .setSettingsVersion(1).setAliasesVersion(1));
            while (events.isEmpty() == false) {
                FollowerEvent event = events.poll().setNowMs(now++).build();
                BytesReference frame = event.getKind() == EventKind.EVENT_FETCHED ? frames.remove(event.getId()) : null;
                NativeAnswer<FollowerEffects> answer = follower.call(NativeMethod.FOLLOWER_EVENT, event, frame,
                    FollowerEffects.parser());
                take(answer.envelope(), answer.payload());
            }
        }

        @Override
        public void close() {
            leader.close();
            follower.close();
        }
    }

    private void travels(String folder, WireProto.Codec codec) throws IOException {
        TreeMap<Long, Expected> expected = expected(folder);
        assertTrue(expected.size() > 40, "only " + expected.size() + " operations in expected.txt");
        long from = expected.lastKey();
        while (expected.containsKey(from - 1)) { // the gapless end
            from--;
        }
        try (Pair pair = new Pair(folder, codec, expected.lastKey())) {
            pair.follow(from);
            assertEquals(expected.tailMap(from), pair.received);
            CoreProto.FollowerStatus status = pair.follower.call(NativeMethod.FOLLOWER_STATUS, null, null,
                CoreProto.FollowerStatus.parser()).envelope();
            assertEquals(CoreProto.FollowerState.STATE_FOLLOWING, status.getState());
            assertEquals(expected.lastKey(), status.getAppliedSeqNo());
            CoreProto.LeaderStats stats = pair.leader.call(NativeMethod.LEADER_STATS, null, null, CoreProto.LeaderStats.parser())
                .envelope();
            assertEquals(expected.tailMap(from).size(), stats.getOperations());
            assertEquals(pair.rawBytes, stats.getRawBytes());
            assertEquals(0, stats.getGone());
            if (codec != WireProto.Codec.CODEC_NONE) {
                assertTrue(pair.batches > 1, "one batch says nothing about prefixes");
                assertTrue(pair.prefixed > 0, "no batch of " + pair.batches + " was packed against a prefix");
                assertTrue(stats.getPrefixHits() > 0);
                assertTrue(pair.packedBytes < pair.rawBytes, pair.packedBytes + " of " + pair.rawBytes);
            }
        }
    }

    @Test
    void plain() throws IOException {
        travels("first-term", WireProto.Codec.CODEC_NONE);
    }

    @Test
    void lz4() throws IOException {
        travels("first-term", WireProto.Codec.CODEC_LZ4);
    }

    @Test
    void zstd() throws IOException {
        travels("first-term", WireProto.Codec.CODEC_ZSTD);
    }

    @Test
    void afterARestart() throws IOException {
        travels("second-term", WireProto.Codec.CODEC_ZSTD);
    }

    @Test
    void whatTheTranslogHasNotGotIsGone() throws IOException {
        TreeMap<Long, Expected> expected = expected("first-term");
        try (Pair pair = new Pair("first-term", WireProto.Codec.CODEC_ZSTD, expected.lastKey())) {
            WireProto.ReadRequest request = WireProto.ReadRequest.newBuilder().setVersion(1).setFromSeqNo(0).setLastSeqNo(-1)
                .setMaxBytes(1 << 20).setMaxOps(1000).setCodec(WireProto.Codec.CODEC_ZSTD).setLevel(1).build();
            if (expected.firstKey() > 0) {
                NativeException e = org.junit.jupiter.api.Assertions.assertThrows(NativeException.class, () -> pair.read(request));
                assertEquals(NativeStatus.GONE, e.nativeStatus());
                assertNotNull(e.getMessage());
            }
            NativeException e = org.junit.jupiter.api.Assertions.assertThrows(NativeException.class,
                () -> pair.read(request.toBuilder().setFromSeqNo(expected.lastKey()).setHistoryUuid("another").build()));
            assertEquals(NativeStatus.HISTORY, e.nativeStatus());
            assertEquals(0, pair.read(request.toBuilder().setFromSeqNo(expected.lastKey() + 1).build()).envelope().getOps());
        }
    }

    /** Operations that Java read from Lucene travel in the same frame. */
    @Test
    void operationsFromLucene() {
        try (Pair pair = new Pair("first-term", WireProto.Codec.CODEC_LZ4, 109)) {
            BytesReference plain = BatchCodecTests.noOps(100, 10);
            WireProto.ReadRequest request = WireProto.ReadRequest.newBuilder().setVersion(1).setFromSeqNo(100).setLastSeqNo(-1)
                .setMaxBytes(1 << 20).setMaxOps(1000).setCodec(WireProto.Codec.CODEC_LZ4).setLevel(1).build();
            CoreProto.LeaderRead read = CoreProto.LeaderRead.newBuilder().setRequest(request)
                .setState(CoreProto.LeaderState.newBuilder().setGlobalCheckpoint(109)).build();
            NativeAnswer<CoreProto.BatchSummary> packed = pair.leader.call(NativeMethod.LEADER_PACK, read, plain,
                CoreProto.BatchSummary.parser());
            assertEquals(10, packed.envelope().getOps());
            assertEquals(plain, core.codec().unpackBatch(packed.payload()).payload());
        }
    }
}
