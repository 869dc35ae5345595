package org.opensearch.ccr.core;

import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.ccr.proto.WireProto;

import java.nio.ByteBuffer;

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

    private static void row(String name, double nanos, double empty) {
        System.out.printf("  %-58s %10.1f ns   %6.1f x an empty call%n", name, nanos, nanos / empty);
    }

    public static void main(String[] arguments) throws Exception {
        NativeCore core = Cores.core();
        CoreProto.FollowerEvent tick = CoreProto.FollowerEvent.newBuilder().setKind(CoreProto.EventKind.EVENT_TICK).setNowMs(1).build();
        ByteBuffer in = Cores.direct(4096);
        ByteBuffer out = Cores.direct(4096);
        int len = CallFrame.put(in, tick, null);
        long codec = Cores.rawOpen(NativeMethod.KIND_CODEC);
        System.out.println("crossing from Java to C");
        double empty = best(() -> sink += NativeCore.close(-1));
        row("nearly empty native call: closes no session", empty, empty);
        row("checked call of a session that echoes", best(() -> sink += NativeCore.call(codec, NativeMethod.ECHO.id(), in, 0, len, out, 0,
            out.capacity())), empty);
        try (NativeSession session = core.openFollower(Cores.followerConfig(WireProto.Codec.CODEC_ZSTD))) {
            row("event of the follower, with its messages", best(() -> sink += session.call(NativeMethod.FOLLOWER_EVENT, tick, null,
                CoreProto.FollowerEffects.parser()).envelope().getNextDeadlineMs()), empty);
        }
        if (sink == 42) {
            System.out.println("unlikely");
        }
    }
}
