package org.opensearch.ccr.verify;

import org.opensearch.core.common.Strings;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Where a comparison goes on that ended early, as text that means nothing to the caller: which index, and each shard's place. */
final class ResumeToken {

    /** In the place of a shard that was compared to its end. */
    static final long DONE = -1;
    private static final String BAD = "[resume] is not a token that a comparison of index [%s] has answered: begin anew without it";

    private ResumeToken() {}

    static String of(String indexUuid, List<Long> places) {
        String text = indexUuid + "," + places.stream().map(String::valueOf).collect(Collectors.joining(","));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Each shard's place; all at the beginning without a token.
     *
     * @throws IllegalArgumentException for a token that was not made here, or for another index
     */
    static List<Long> places(String token, String index, String indexUuid, int shards) {
        List<Long> places = new ArrayList<>();
        if (Strings.isNullOrEmpty(token)) {
            for (int i = 0; i < shards; i++) {
                places.add(0L);
            }
            return places;
        }
        try {
            String[] parts = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8).split(",", -1);
            if (parts.length != shards + 1 || parts[0].equals(indexUuid) == false) {
                throw new IllegalArgumentException("another index");
            }
            for (int i = 1; i < parts.length; i++) {
                long place = Long.parseLong(parts[i]);
                if (place < DONE || place > Long.MAX_VALUE / 2) {
                    throw new IllegalArgumentException("no sequence number");
                }
                places.add(place);
            }
            return places;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(String.format(Locale.ROOT, BAD, index), e);
        }
    }
}
