package org.opensearch.ccr.core;

import com.google.protobuf.MessageLite;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.common.bytes.BytesReference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Random;

/** What the tests of this folder and {@code tests/bench/jni} share: the one core of the process, configs, raw calls. */
final class Cores {
    private Cores() {}

    static NativeCore core() {
        return NativeCore.load(Path.of("unused"), CoreProto.RuntimeConfig.newBuilder().setSessionsMax(64).setWorkspacesMax(2)
            .setFollowerBytesMax(64 << 20).build());
    }

    static Path golden(String name) {
        return Path.of(System.getProperty("ccr.golden")).toAbsolutePath().normalize().resolve(name);
    }

    static CoreProto.FollowerConfig followerConfig(WireProto.Codec codec) {
        return CoreProto.FollowerConfig.newBuilder().setFetchesMax(2).setAppliesMax(2).setBatchBytesMax(1 << 20)
            .setBatchOpsMax(10000).setPollBytes(4096).setPollTimeoutMs(60000).setBackoffMinMs(50).setBackoffMaxMs(10000)
            .setLeaseIntervalMs(30000).setPrefixBytesMax(4096).setCodec(codec).setLevel(1).setSeed(7).build();
    }

    static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static long rawCall(long handle, NativeMethod method, MessageLite envelope, BytesReference payload, ByteBuffer out) {
        ByteBuffer in = direct(NativeMethod.PREAMBLE + (envelope == null ? 0 : envelope.getSerializedSize())
            + (payload == null ? 0 : payload.length()));
        int len = CallFrame.put(in, envelope, payload);
        return NativeCore.call(handle, method.id(), in, 0, len, out, 0, out.capacity());
    }

    static long rawOpen(int kind) {
        long handle = NativeCore.open(kind, direct(1), 0, 0, direct(256), 0, 256);
        if (handle <= 0) {
            throw new AssertionError("open answered " + handle);
        }
        return handle;
    }

    static NativeStatus status(long result) {
        return NativeStatus.of((int) (result >>> 32));
    }

    static BytesReference random(Random random, int bytes) {
        byte[] content = new byte[bytes];
        random.nextBytes(content);
        return new BytesArray(content);
    }
}
