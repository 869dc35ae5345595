package org.opensearch.ccr.core;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.core.common.bytes.BytesReference;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One session of the native core. It serves one call at a time: a second caller gets {@link NativeStatus#BUSY}.
 *
 * <p>{@link #close} waits for nobody: during a call it marks the session, and the end of the call frees it. Calls may read
 * files and compress for milliseconds, so they belong on the plugin's own pools, never on a transport worker.
 */
public final class NativeSession implements AutoCloseable {
    private static final Logger LOGGER = LogManager.getLogger(NativeSession.class);
    private static final Cleaner CLEANER = Cleaner.create();
    /** A call may grow its out buffer this often: what a translog holds for a request may grow between two tries. */
    private static final int TRIES_MAX = 8;

    private final NativeCore core;
    private final State state;
    private final Cleaner.Cleanable cleanable;

    NativeSession(NativeCore core, long handle, int kind) {
        this.core = core;
        this.state = new State(handle, kind);
        this.cleanable = CLEANER.register(this, state);
    }

    /**
     * One message in, one message out.
     *
     * @param envelope the method's request, null for none
     * @param payload  the method's bytes, null for none
     * @param parser   of the answer's message; null leaves it unread
     * @return the answer; its payload is a heap copy
     * @throws NativeException for every status but OK; BUSY and CLOSED as described above
     */
    public <T extends MessageLite> NativeAnswer<T> call(NativeMethod method, MessageLite envelope, BytesReference payload,
        Parser<T> parser) {
        state.enter();
        ByteBuffer in = null;
        try {
            DirectBuffers buffers = core.buffers();
            int payloadLen = payload == null ? 0 : payload.length();
            in = buffers.acquire(CallFrame.length(envelope == null ? 0 : envelope.getSerializedSize(), payloadLen));
            int inLen = CallFrame.put(in, envelope, payload);
            return exchange(method, in, inLen, outHint(method, envelope, payloadLen), parser);
        } finally {
            core.buffers().release(in);
            state.leave();
        }
    }

    /** Ends the session, at once or when the call that is running ends. Any number of times. */
    @Override
    public void close() {
        state.close();
        cleanable.clean();
    }

    /** Whether {@link #close} was called. */
    public boolean isClosed() {
        return state.isClosed();
    }

    private <T extends MessageLite> NativeAnswer<T> exchange(NativeMethod method, ByteBuffer in, int inLen, long hint,
        Parser<T> parser) {
        DirectBuffers buffers = core.buffers();
        ByteBuffer out = buffers.acquire(hint);
        try {
            for (int i = 0; i < TRIES_MAX; i++) {
                long result = NativeCore.call(state.handle, method.id(), in, 0, inLen, out, 0, out.capacity());
                int code = (int) (result >>> 32);
                long len = result & 0xFFFFFFFFL;
                if (code == NativeStatus.OK.code()) {
                    return CallFrame.get(out, (int) len, parser, method.name());
                }
                if (code != NativeStatus.NOBUF.code()) {
                    throw CallFrame.failure(result, method.name(), out);
                }
                buffers.release(out);
                out = null;
                out = buffers.acquire(len);
            }
            throw new NativeException(NativeStatus.NOBUF, method.name() + ": the needed buffer grew " + TRIES_MAX + " times");
        } finally {
            buffers.release(out);
        }
    }

    /** Room that mostly suffices at the first try; a wrong guess costs a second call. */
    private static long outHint(NativeMethod method, MessageLite envelope, int payloadLen) {
        long room = 64 << 10;
        return switch (method) {
            case LEADER_READ -> envelope instanceof CoreProto.LeaderRead read
                ? Math.min(8 << 20, Integer.toUnsignedLong(read.getRequest().getMaxBytes()) * 17 / 16 + 4096) : room;
            case LEADER_PACK, PACK_CHUNK, PACK_BATCH, ECHO -> payloadLen + payloadLen / 128L + 4096;
            case FOLLOWER_EVENT -> payloadLen == 0 ? room : Math.min(8 << 20, room + 6L * payloadLen);
            case UNPACK_CHUNK, UNPACK_BATCH -> Math.min(8 << 20, 4096 + 4L * payloadLen);
            case LEADER_STATS, FOLLOWER_STATUS, DIGEST_ADD, DIGEST_SUMS, VERIFY_EVENT, JUDGE_PAUSE, JUDGE_DISK -> room;
        };
    }

    /** What outlives the session object: who uses the handle, and whether it is to be freed. */
    private static final class State implements Runnable {
        private static final int FREE = 0;
        private static final int IN_USE = 1;
        private static final int CLOSING = 2; // in use, to be freed at the end of the call
        private static final int CLOSED = 3;

        private final long handle;
        private final int kind;
        private final AtomicInteger at = new AtomicInteger(FREE);

        State(long handle, int kind) {
            this.handle = handle;
            this.kind = kind;
        }

        void enter() {
            int seen = at.compareAndExchange(FREE, IN_USE);
            if (seen == IN_USE) {
                throw new NativeException(NativeStatus.BUSY, "the native session is in use by another thread");
            }
            if (seen != FREE) {
                throw new NativeException(NativeStatus.CLOSED, "the native session is closed");
            }
        }

        void leave() {
            if (at.compareAndSet(IN_USE, FREE) == false) {
                at.set(CLOSED);
                free();
            }
        }

        void close() {
            for (;;) {
                int seen = at.get();
                if (seen == CLOSING || seen == CLOSED) {
                    return;
                }
                if (at.compareAndSet(seen, seen == FREE ? CLOSED : CLOSING)) {
                    if (seen == FREE) {
                        free();
                    }
                    return;
                }
            }
        }

        boolean isClosed() {
            return at.get() >= CLOSING;
        }

        /** The cleaner's: a session that nobody closed. A call in progress holds the session, so it is not in use. */
        @Override
        public void run() {
            if (isClosed() == false) {
                LOGGER.error("a native session of kind [{}] was never closed: this is a bug of the replication plugin", kind);
                close();
            }
        }

        private void free() {
            int code = NativeCore.close(handle);
            if (code != NativeStatus.OK.code()) {
                LOGGER.error("closing a native session of kind [{}] answered [{}]", kind, NativeStatus.of(code));
            }
        }
    }
}
