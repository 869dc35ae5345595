package org.opensearch.ccr.verify;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.digest.DigestAnswer;
import org.opensearch.ccr.digest.DigestQuestion;
import org.opensearch.ccr.proto.CoreProto.VerifyDifference;
import org.opensearch.common.xcontent.XContentFactory;
import org.opensearch.core.xcontent.ToXContent;

import java.io.IOException;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the core reports by sequence number, as people read it; and the token to go on with. */
class DifferenceTests {

    private static DigestAnswer.Entry entry(long seqNo, String id, long version, String routing) {
        return new DigestAnswer.Entry(seqNo, id, version, routing);
    }

    private static String text(Difference difference) {
        try {
            return difference.toXContent(XContentFactory.jsonBuilder(), ToXContent.EMPTY_PARAMS).toString();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void twoSidesOfOneDocumentAreOneDifference() {
        List<Difference> found = List.of(
            new Difference(0, entry(5, "a", 1, null), null),
            new Difference(0, entry(6, "b", 1, null), null),
            new Difference(1, null, entry(9, "a", 2, null)),
            new Difference(0, null, entry(9, "a", 2, null))
        );
        List<Difference> joined = Difference.joined(found);
        assertEquals(3, joined.size());
        assertEquals(new Difference(0, entry(5, "a", 1, null), entry(9, "a", 2, null)), joined.get(0));
        assertTrue(text(joined.get(0)).contains("\"kind\":\"different\",\"fields\":[\"_seq_no\",\"_version\"]"), text(joined.get(0)));
        assertTrue(text(joined.get(1)).contains("\"kind\":\"missing_on_follower\""));
        assertTrue(text(joined.get(2)).contains("\"kind\":\"missing_on_leader\""));
    }

    @Test
    void twoDocumentsUnderOneSequenceNumberAreTwoDifferences() {
        VerifyDifference kind = VerifyDifference.DIFFERENCE_DIFFERENT;
        assertEquals(2, Difference.of(0, kind, entry(5, "a", 1, null), entry(5, "b", 1, null)).size());
        List<Difference> one = Difference.of(0, kind, entry(5, "a", 1, "x"), entry(5, "a", 1, "y"));
        assertEquals(1, one.size());
        assertTrue(text(one.get(0)).contains("\"fields\":[\"_routing\"]"));
        assertTrue(text(Difference.of(0, kind, entry(5, "a", 1, "x"), entry(5, "a", 1, "x")).get(0)).contains("[\"_source\"]"));
    }

    @Test
    void aTokenFitsItsIndexAlone() {
        String token = ResumeToken.of("uuid", List.of(17L, ResumeToken.DONE));
        assertEquals(List.of(17L, -1L), ResumeToken.places(token, "index", "uuid", 2));
        assertEquals(List.of(0L, 0L, 0L), ResumeToken.places(null, "index", "uuid", 3));
        for (String wrong : List.of(ResumeToken.of("other", List.of(17L, -1L)), ResumeToken.of("uuid", List.of(17L)), "§", "abc",
            ResumeToken.of("uuid", List.of(17L, -2L)), ResumeToken.of("uuid", List.of(Long.MAX_VALUE, 0L)))) {
            assertThrows(IllegalArgumentException.class, () -> ResumeToken.places(wrong, "index", "uuid", 2));
        }
    }

    @Test
    void questionsThatCannotBeAnsweredAreRefused() {
        long[][] wrong = { { -1, 5, 1, 1 }, { 5, 4, 1, 1 }, { 0, 256, 1, 1 }, { 0, 0, 0, 1 }, { 0, 0, 1, 0 }, { 0, 1 << 20, 1 << 19, 1 },
            { 0, Long.MAX_VALUE, 1 << 20, 1 } };
        for (long[] w : wrong) {
            assertTrue(new DigestQuestion(w[0], w[1], (int) w[2], (int) w[3], -1, -1, 0, 0, List.of()).refusal() != null);
        }
        assertEquals(null, new DigestQuestion(0, 255, 1, 1, -1, -1, 0, 0, List.of()).refusal());
        assertEquals(null, new DigestQuestion(0, 0, 0, 0, 7, -1, 0, 0, List.of("a")).refusal());
    }
}
