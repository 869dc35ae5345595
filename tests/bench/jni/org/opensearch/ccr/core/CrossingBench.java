package org.opensearch.ccr.core;

import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.ccr.proto.WireProto;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * What it costs to cross from Java to C: a native call that finds nothing to do, a call frame that C only looks at, and an event of the
 * follower's machine with its messages, as {@code ShardPump} makes it. Prints nanoseconds, the best of several turns.
 * Needs {@code -Dccr.native.path} and the distribution's jars.
 */
final class CrossingBench {
    private static final int CALLS = 200_000;
    private static final int TURNS = 7;
    private static long sink;

    private CrossingBench() {}

    interface Work {
        void call() throws Exception;
    }

    private static double best(Work work) throws Exception {
        double best = Double.MAX_VALUE;
        for (int turn = 0; turn < TURNS; turn++) {
            long begin = System.nanoTime();
            for (int i = 0; i < CALLS; i++) {
                work.call();
            }
            best = Math.min(best, (double) (System.nanoTime() - begin) / CALLS);
        }
        return best;
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static CoreProto.FollowerConfig config() {
        return CoreProto.FollowerConfig.newBuilder().setFetchesMax(2).setAppliesMax(2).setBatchBytesMax(1 << 20).setBatchOpsMax(10000)
            .setPollBytes(4096).setPollTimeoutMs(60000).setBackoffMinMs(50).setBackoffMaxMs(10000).setLeaseIntervalMs(30000)
            .setPrefixBytesMax(4096).setCodec(WireProto.Codec.CODEC_ZSTD).setLevel(1).setSeed(7).build();
    }

    private static void row(String name, double nanos, double empty) {
        System.out.printf("  %-58s %10.1f ns   %6.1f x an empty call%n", name, nanos, nanos / empty);
    }

    public static void main(String[] arguments) throws Exception {
        NativeCore core = NativeCore.load(Path.of("unused"), CoreProto.RuntimeConfig.newBuilder().setSessionsMax(16).build());
        CoreProto.FollowerEvent tick = CoreProto.FollowerEvent.newBuilder().setKind(CoreProto.EventKind.EVENT_TICK).setNowMs(1).build();
        ByteBuffer in = direct(4096);
        ByteBuffer out = direct(4096);
        int len = CallFrame.put(in, tick, null);
        long codec = NativeCore.open(3, direct(1), 0, 0, direct(256), 0, 256);
        System.out.println("crossing from Java to C");
        double empty = best(() -> sink += NativeCore.close(-1));
        row("nearly empty native call: closes no session", empty, empty);
        row("checked call of a session that echoes", best(() -> sink += NativeCore.call(codec, NativeMethod.ECHO.id(), in, 0, len, out, 0,
            out.capacity())), empty);
        try (NativeSession session = core.openFollower(config())) {
            row("event of the follower, with its messages", best(() -> sink += session.call(NativeMethod.FOLLOWER_EVENT, tick, null,
                CoreProto.FollowerEffects.parser()).envelope().getNextDeadlineMs()), empty);
        }
        if (sink == 42) {
            System.out.println("unlikely");
        }
    }
}
