package org.opensearch.ccr.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Direct, little-endian byte buffers for native calls, kept in three size classes.
 *
 * <p>At most 2 + 8 + 32 MB stay pooled for the whole node. A longer buffer serves one call and is left to the garbage
 * collector: one 100 MB document must not hold 100 MB forever. Thread-safe.
 */
final class DirectBuffers {
    private static final int[] CLASS_BYTES = { 64 << 10, 512 << 10, 8 << 20 };
    private static final int[] CLASS_KEEP = { 32, 16, 4 };

    private final Pool[] pools = new Pool[CLASS_BYTES.length];

    DirectBuffers() {
        for (int i = 0; i < pools.length; i++) {
            pools[i] = new Pool(CLASS_BYTES[i], CLASS_KEEP[i]);
        }
    }

    /**
     * A buffer of at least {@code bytes}, position 0, limit at its capacity. Give it back with {@link #release}.
     *
     * @throws NativeException LIMIT when no buffer can be that long, NOMEM when the JVM has no direct memory left
     */
    ByteBuffer acquire(long bytes) {
        if (bytes > Integer.MAX_VALUE - 8) {
            throw new NativeException(NativeStatus.LIMIT, "a buffer of [" + bytes + "] bytes is longer than a Java buffer can be");
        }
        for (Pool pool : pools) {
            if (bytes <= pool.bytes) {
                ByteBuffer kept = pool.take();
                return kept != null ? kept : allocate(pool.bytes);
            }
        }
        return allocate((int) bytes);
    }

    /** Takes a buffer of {@link #acquire} back; it must not be used afterwards. Null is legal. */
    void release(ByteBuffer buffer) {
        if (buffer == null) {
            return;
        }
        for (Pool pool : pools) {
            if (buffer.capacity() == pool.bytes) {
                pool.give(buffer);
                return;
            }
        }
    }

    /** Bytes that lie unused in the pool. */
    long pooledBytes() {
        long bytes = 0;
        for (Pool pool : pools) {
            bytes += (long) pool.count.get() * pool.bytes;
        }
        return bytes;
    }

    private static ByteBuffer allocate(int bytes) {
        try {
            return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
        } catch (OutOfMemoryError e) {
            // The limit of direct memory, not of the heap: an ordinary refusal that must not end the node.
            throw new NativeException(NativeStatus.NOMEM, "no direct memory for a buffer of [" + bytes + "] bytes");
        }
    }

    private static final class Pool {
        private final int bytes;
        private final int keep;
        private final ConcurrentLinkedDeque<ByteBuffer> free = new ConcurrentLinkedDeque<>();
        private final AtomicInteger count = new AtomicInteger();

        Pool(int bytes, int keep) {
            this.bytes = bytes;
            this.keep = keep;
        }

        ByteBuffer take() {
            ByteBuffer buffer = free.pollFirst();
            if (buffer == null) {
                return null;
            }
            count.decrementAndGet();
            return buffer.clear().order(ByteOrder.LITTLE_ENDIAN);
        }

        void give(ByteBuffer buffer) {
            if (count.incrementAndGet() > keep) {
                count.decrementAndGet();
                return;
            }
            free.addFirst(buffer);
        }
    }
}
