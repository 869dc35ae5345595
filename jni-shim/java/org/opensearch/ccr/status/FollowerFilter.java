package org.opensearch.ccr.status;

import org.opensearch.common.regex.Regex;
import org.opensearch.core.common.Strings;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Which followers somebody wants to see: names, patterns and exclusions ({@code -pattern}), and words of the status. */
public final class FollowerFilter {

    private static final int LENGTH_MAX = 4_096;

    /** Empty for every follower. */
    private final List<String> wanted;
    private final List<String> unwanted;
    private final Set<StatusResponse.Word> words;

    private FollowerFilter(List<String> wanted, List<String> unwanted, Set<StatusResponse.Word> words) {
        this.wanted = wanted;
        this.unwanted = unwanted;
        this.words = words;
    }

    /**
     * @param pattern comma-separated; null or empty for every follower
     * @param states  comma-separated words of the status in any case; null or empty for every state
     * @throws IllegalArgumentException naming what is wrong
     */
    public static FollowerFilter of(String pattern, String states) {
        if (pattern != null && pattern.length() > LENGTH_MAX) {
            throw new IllegalArgumentException("[pattern] has " + pattern.length() + " characters, at most " + LENGTH_MAX + " are read");
        }
        List<String> parts = parts(pattern);
        List<String> unwanted = parts.stream().filter(part -> part.startsWith("-")).map(part -> part.substring(1)).toList();
        List<String> wanted = parts.stream().filter(part -> part.startsWith("-") == false).toList();
        return new FollowerFilter(wanted, unwanted, parts(states).stream().map(FollowerFilter::word).collect(Collectors.toSet()));
    }

    /**
     * For what cannot be taken back: nobody means all followers by an empty list, or by exclusions alone.
     *
     * @throws IllegalArgumentException also when the pattern names none of what it is for
     */
    public static FollowerFilter naming(String pattern) {
        FollowerFilter filter = of(pattern, null);
        if (filter.wanted.isEmpty()) {
            throw new IllegalArgumentException("[pattern] is [" + pattern + "], which names no follower: give names or patterns, [*] for all");
        }
        return filter;
    }

    private static List<String> parts(String list) {
        return Arrays.stream(Strings.splitStringByCommaToArray(list)).map(String::strip).filter(part -> part.isEmpty() == false).toList();
    }

    private static StatusResponse.Word word(String state) {
        return Arrays.stream(StatusResponse.Word.values())
            .filter(word -> word.name().equalsIgnoreCase(state))
            .findAny()
            .orElseThrow(
                () -> new IllegalArgumentException(
                    "[state] must be a list of SYNCING, BOOTSTRAPPING, PAUSED, FAILED and STOPPED, not [" + state + "]"
                )
            );
    }

    boolean matches(String follower) {
        return (wanted.isEmpty() || wanted.stream().anyMatch(pattern -> Regex.simpleMatch(pattern, follower)))
            && unwanted.stream().noneMatch(pattern -> Regex.simpleMatch(pattern, follower));
    }

    boolean matches(StatusResponse status) {
        return status.word() != StatusResponse.Word.NOT_IN_PROGRESS && (words.isEmpty() || words.contains(status.word()));
    }
}
