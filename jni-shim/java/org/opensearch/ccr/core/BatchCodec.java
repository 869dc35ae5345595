package org.opensearch.ccr.core;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.core.common.bytes.BytesReference;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Packs and unpacks self-contained frames: bootstrap chunks and batches for the replicas of a follower. Thread-safe; each
 * call borrows a CODEC session from a small pool.
 */
public final class BatchCodec {
    /** Sessions that stay open between calls; as many as the core has compression workspaces by default. */
    private static final int KEEP = 16;

    private final NativeCore core;
    private final ConcurrentLinkedDeque<NativeSession> free = new ConcurrentLinkedDeque<>();
    private final AtomicInteger count = new AtomicInteger();

    BatchCodec(NativeCore core) {
        this.core = core;
    }

    /**
     * Packs at most 64 MB of anything as one chunk frame, with a checksum.
     *
     * @param level zstd level (-7 to 19) or LZ4 acceleration (1 to 65537); ignored for NONE
     */
    public BytesReference packChunk(WireProto.Codec codec, int level, BytesReference plain) {
        CoreProto.ChunkPack pack = CoreProto.ChunkPack.newBuilder().setCodec(codec).setLevel(level).build();
        return call(NativeMethod.PACK_CHUNK, pack, plain, null).payload();
    }

    /** The plain bytes of a chunk frame. CORRUPT_WIRE when it is damaged. */
    public BytesReference unpackChunk(BytesReference frame) {
        return call(NativeMethod.UNPACK_CHUNK, null, frame, null).payload();
    }

    /**
     * Packs plain operations, ascending and gapless from fromSeqNo, as a frame that needs no prefix.
     *
     * @return the summary, and the frame as payload
     */
    public NativeAnswer<CoreProto.BatchSummary> packBatch(WireProto.Codec codec, int level, long fromSeqNo,
        long maxSeqNoOfUpdates, BytesReference plainOps) {
        CoreProto.BatchPack pack = CoreProto.BatchPack.newBuilder()
            .setCodec(codec)
            .setLevel(level)
            .setFromSeqNo(fromSeqNo)
            .setMaxSeqNoOfUpdates(maxSeqNoOfUpdates)
            .build();
        return call(NativeMethod.PACK_BATCH, pack, plainOps, CoreProto.BatchSummary.parser());
    }

    /**
     * Unpacks and verifies a self-contained frame. PREFIX when it is not self-contained, CORRUPT_WIRE when it is damaged.
     *
     * @return the summary, and the plain operations as payload
     */
    public NativeAnswer<CoreProto.BatchSummary> unpackBatch(BytesReference frame) {
        return call(NativeMethod.UNPACK_BATCH, null, frame, CoreProto.BatchSummary.parser());
    }

    private <T extends MessageLite> NativeAnswer<T> call(NativeMethod method, MessageLite envelope, BytesReference payload,
        Parser<T> parser) {
        NativeSession session = free.pollFirst();
        if (session == null) {
            session = core.openCodec();
        } else {
            count.decrementAndGet();
        }
        try {
            return session.call(method, envelope, payload, parser);
        } finally {
            if (count.incrementAndGet() <= KEEP) {
                free.addFirst(session);
            } else {
                count.decrementAndGet();
                session.close();
            }
        }
    }
}
