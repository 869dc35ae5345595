package org.opensearch.ccr.leader;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Asks a leader for its indices.
 *
 * @param patterns   which
 * @param known      token of the listing that the caller has; 0 for none
 * @param waitMillis how long the leader may keep the request while that listing is still right; 0 lists at once
 */
public record ListingRequest(List<String> patterns, long known, long waitMillis) implements Writeable {

    /** In one request; no rule has more. */
    public static final int PATTERNS_MAX = 100;
    /** Of one pattern in UTF-8, as long as the name of an index may be: a request that waits keeps them. */
    public static final int PATTERN_BYTES_MAX = 255;

    /** Whoever made the request looked at its patterns; here the other cluster may have said anything. */
    public ListingRequest {
        if (patterns.size() > PATTERNS_MAX) {
            throw new IllegalArgumentException(patterns.size() + " patterns in one request, at most " + PATTERNS_MAX + " are accepted");
        }
        for (String pattern : patterns) {
            int bytes = pattern.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > PATTERN_BYTES_MAX) {
                throw new IllegalArgumentException("a pattern of " + bytes + " bytes, at most " + PATTERN_BYTES_MAX + " are accepted");
            }
        }
        patterns = List.copyOf(patterns);
    }

    public ListingRequest(StreamInput in) throws IOException {
        this(in.readStringList(), in.readLong(), in.readVLong());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeStringCollection(patterns);
        out.writeLong(known);
        out.writeVLong(waitMillis);
    }
}
