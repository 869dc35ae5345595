package org.opensearch.ccr.core;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.proto.CoreProto.DigestOpen;
import org.opensearch.ccr.proto.CoreProto.DigestSums;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.index.translog.Translog;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** Digests of documents as OpenSearch's own class writes them. */
class DigestSessionTests {

    private static BytesReference document(long seqNo, String id, long version, String source, String routing) {
        try (BytesStreamOutput out = new BytesStreamOutput()) {
            byte[] text = source.getBytes(StandardCharsets.UTF_8);
            PlainOperations.append(out, new Translog.Index(id, seqNo, 1, version, text, routing, -1));
            return out.copyBytes();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static DigestSums digest(BytesReference... documents) {
        DigestOpen open = DigestOpen.newBuilder().setKeyLow(3).setKeyHigh(4).setFirstSeqNo(100).setWidth(10).setBuckets(2).build();
        try (NativeSession session = Cores.core().openDigest(open)) {
            for (BytesReference document : documents) {
                session.call(NativeMethod.DIGEST_ADD, null, document, null);
            }
            return session.call(NativeMethod.DIGEST_SUMS, null, null, DigestSums.parser()).envelope();
        }
    }

    @Test
    void orderDoesNotMatterAndBucketsAreApart() {
        BytesReference first = document(100, "a", 1, "{\"n\":1}", null);
        BytesReference second = document(109, "ü", 7, "{\"n\":\"日本\"}", "r");
        BytesReference third = document(119, "c", 1, "{}", null);
        DigestSums sums = digest(first, second, third);
        assertEquals(sums, digest(third, second, first));
        assertEquals(2, sums.getDocuments(0));
        assertEquals(1, sums.getDocuments(1));
        assertNotEquals(sums.getLow(0), sums.getLow(1));
    }

    @Test
    void whateverDiffersShows() {
        DigestSums sums = digest(document(100, "a", 1, "{\"n\":1}", null));
        BytesReference[] others = {
            document(101, "a", 1, "{\"n\":1}", null), document(100, "b", 1, "{\"n\":1}", null),
            document(100, "a", 2, "{\"n\":1}", null), document(100, "a", 1, "{\"n\":2}", null),
            document(100, "a", 1, "{\"n\":1}", "a"), document(100, "a", 1, "", null) };
        for (BytesReference other : others) {
            assertNotEquals(sums.getLow(0), digest(other).getLow(0));
        }
        assertNotEquals(sums, digest());
    }

    @Test
    void aDocumentOutsideTheRangeIsRefused() {
        NativeException e = assertThrows(NativeException.class, () -> digest(document(120, "a", 1, "{}", null)));
        assertEquals(NativeStatus.ARG, e.nativeStatus());
    }
}
