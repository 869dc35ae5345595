package org.opensearch.ccr.core;

import org.junit.jupiter.api.Test;
import org.opensearch.OpenSearchException;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.rest.RestStatus;

import java.io.IOException;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

class NativeExceptionTests {
    @Test
    void everyStatusHasARestStatusAndItsMetadata() {
        for (NativeStatus status : NativeStatus.values()) {
            NativeException e = new NativeException(status, "text with {} braces");
            assertNotNull(e.status());
            assertEquals("text with {} braces", e.getMessage());
            assertEquals(List.of(status.name()), e.getMetadata(NativeException.STATUS_KEY));
            assertEquals(status, NativeStatus.of(status.code()));
        }
        assertEquals(RestStatus.TOO_MANY_REQUESTS, new NativeException(NativeStatus.LIMIT, "").status());
        assertEquals(RestStatus.TOO_MANY_REQUESTS, new NativeException(NativeStatus.NOMEM, "").status());
        assertEquals(NativeStatus.BROKEN, NativeStatus.of(12345));
    }

    @Test
    void theStatusTravelsToAnotherNode() throws IOException {
        CoreProto.ErrorDetail detail = CoreProto.ErrorDetail.newBuilder().setText("generation 7 ended").setGeneration(7).setOffset(99)
            .build();
        NativeException e = NativeException.of(NativeStatus.GONE, "LEADER_READ", detail);
        assertEquals(7, e.generation());
        assertEquals(99, e.offset());
        try (BytesStreamOutput out = new BytesStreamOutput()) {
            out.writeException(e);
            OpenSearchException there = StreamInput.wrap(out.bytes().toBytesRef().bytes).readException();
            assertEquals(List.of("GONE"), there.getMetadata(NativeException.STATUS_KEY));
            assertEquals(RestStatus.GONE, there.status());
            assertFalse(there instanceof NativeException);
        }
    }

    @Test
    void noBufferIsLongerThanJavaAllows() {
        DirectBuffers buffers = new DirectBuffers();
        NativeException e = assertThrows(NativeException.class, () -> buffers.acquire(1L << 31));
        assertEquals(NativeStatus.LIMIT, e.nativeStatus());
        e = assertThrows(NativeException.class, () -> buffers.acquire(1L << 30)); // the JVM of the tests has 256 MB
        assertEquals(NativeStatus.NOMEM, e.nativeStatus());
        buffers.release(null);
        buffers.release(buffers.acquire(9 << 20));
        assertEquals(0, buffers.pooledBytes());
        buffers.release(buffers.acquire(1));
        assertEquals(64 << 10, buffers.pooledBytes());
    }
}
