package org.opensearch.ccr.core;

import com.google.protobuf.MessageLite;
import org.opensearch.ccr.proto.CoreProto;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * The native core: the library and its one runtime, which owns the session table, the compression workspaces and the
 * budget of received bytes. It lives as long as the process; sessions are what comes and goes.
 */
public final class NativeCore {
    private static NativeCore instance;

    private final DirectBuffers buffers = new DirectBuffers();
    private final BatchCodec codec = new BatchCodec(this);
    private final Judge judge = new Judge(this);

    private NativeCore() {}

    /**
     * Loads the library and starts the runtime. A second call answers the first one's core, whatever its config says.
     *
     * @param pluginDir the plugin's own folder, for instance {@code plugins/opensearch-cross-cluster-replication}
     * @throws IllegalStateException when the library is missing, of another build, or cannot be loaded
     * @throws NativeException       when the runtime refuses the config
     */
    public static synchronized NativeCore load(Path pluginDir, CoreProto.RuntimeConfig config) {
        if (instance == null) {
            NativeLoader.load(pluginDir);
            NativeCore core = new NativeCore();
            core.start(config);
            instance = core;
        }
        return instance;
    }

    /** A session that reads the translog of one leader shard copy. IO when the folder cannot be opened; LIMIT when the table is full. */
    public NativeSession openLeader(CoreProto.LeaderOpen open) {
        return open(NativeMethod.KIND_LEADER, open, "open leader session");
    }

    /** A session that follows one shard. ARG names the config value that is out of its range. */
    public NativeSession openFollower(CoreProto.FollowerConfig config) {
        return open(NativeMethod.KIND_FOLLOWER, config, "open follower session");
    }

    /** A session that makes the digests of one range of documents. */
    public NativeSession openDigest(CoreProto.DigestOpen open) {
        return open(NativeMethod.KIND_DIGEST, open, "open digest session");
    }

    /** A session that compares one shard. ARG names the config value that is out of its range. */
    public NativeSession openVerify(CoreProto.VerifyConfig config) {
        return open(NativeMethod.KIND_VERIFY, config, "open verify session");
    }

    /** Packs and unpacks chunks and batches; thread-safe, shared by everybody. */
    public BatchCodec codec() {
        return codec;
    }

    /** Rules that belong to no session; thread-safe, shared by everybody. */
    public Judge judge() {
        return judge;
    }

    NativeSession openCodec() {
        return open(NativeMethod.KIND_CODEC, null, "open codec session");
    }

    NativeSession openJudge() {
        return open(NativeMethod.KIND_JUDGE, null, "open judge session");
    }

    DirectBuffers buffers() {
        return buffers;
    }

    private void start(CoreProto.RuntimeConfig config) {
        ByteBuffer in = buffers.acquire(NativeMethod.ENVELOPE_MAX);
        ByteBuffer detail = buffers.acquire(NativeMethod.ENVELOPE_MAX);
        try {
            int len = CallFrame.putMessage(in, 0, config);
            checkOpened(init(in, 0, len, detail, 0, detail.capacity()), "start the native core", detail);
        } finally {
            buffers.release(in);
            buffers.release(detail);
        }
    }

    private NativeSession open(int kind, MessageLite open, String what) {
        ByteBuffer in = buffers.acquire(NativeMethod.ENVELOPE_MAX);
        ByteBuffer detail = null;
        try {
            detail = buffers.acquire(NativeMethod.ENVELOPE_MAX);
            int len = open == null ? 0 : CallFrame.putMessage(in, 0, open);
            long handle = checkOpened(open(kind, in, 0, len, detail, 0, detail.capacity()), what, detail);
            return new NativeSession(this, handle, kind);
        } finally {
            buffers.release(in);
            buffers.release(detail);
        }
    }

    private static long checkOpened(long result, String what, ByteBuffer detail) {
        if (result < 0) {
            throw CallFrame.failure(-result, what, detail);
        }
        return result;
    }

    // Every buffer is direct and little-endian. Positions and lengths are checked here by CallFrame and again in C.

    /** The library's abi number. */
    static native int abi();

    /** Starts the runtime. 0, or -(status &lt;&lt; 32 | length of the ErrorDetail in detail). Once per process. */
    static native long init(ByteBuffer in, int inPos, int inLen, ByteBuffer detail, int detailPos, int detailCap);

    /** A handle &gt; 0, or as {@link #init}. */
    static native long open(int kind, ByteBuffer in, int inPos, int inLen, ByteBuffer detail, int detailPos, int detailCap);

    /** status &lt;&lt; 32 | length of the answer; for NOBUF the needed length, for other failures that of the ErrorDetail in out. */
    static native long call(long handle, int method, ByteBuffer in, int inPos, int inLen, ByteBuffer out, int outPos, int outCap);

    /** A status. */
    static native int close(long handle);
}
