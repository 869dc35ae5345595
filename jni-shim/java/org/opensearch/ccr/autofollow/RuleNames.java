package org.opensearch.ccr.autofollow;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.ccr.action.IndexNames;
import org.opensearch.ccr.leader.ListingRequest;
import org.opensearch.ccr.state.Rule;
import org.opensearch.core.common.Strings;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** What names and patterns of a rule may look like; with the words of the API contract where it has them. */
final class RuleNames {

    /** Stands for any leader index when a follower pattern is looked at. */
    private static final String SAMPLE = "sample";

    private RuleNames() {}

    static void patterns(List<String> patterns, ActionRequestValidationException errors) {
        if (patterns.isEmpty()) {
            errors.addValidationError("Missing pattern");
        }
        each(patterns, "Autofollow pattern", errors);
    }

    static void exclusions(List<String> exclusions, ActionRequestValidationException errors) {
        each(exclusions, "Autofollow exclusion", errors);
    }

    private static void each(List<String> patterns, String what, ActionRequestValidationException errors) {
        if (patterns.size() > ListingRequest.PATTERNS_MAX) {
            errors.addValidationError(
                what + "s: " + patterns.size() + " of them are too many, a rule has at most " + ListingRequest.PATTERNS_MAX + "; make several rules"
            );
            return;
        }
        for (String pattern : patterns) {
            pattern(pattern, what + ": " + pattern, errors);
        }
    }

    private static void pattern(String pattern, String what, ActionRequestValidationException errors) {
        if (Strings.validFileName(pattern.replace("*", "")) == false) {
            errors.addValidationError(what + " must not contain the following characters " + Strings.INVALID_FILENAME_CHARS);
        }
        if (pattern.isEmpty()) {
            errors.addValidationError(what + " must not be empty");
        }
        if (pattern.indexOf('#') >= 0 || pattern.indexOf(':') >= 0) {
            errors.addValidationError(what + " must not contain '#' or ':'");
        }
        if (pattern.startsWith("_") || pattern.startsWith("-")) {
            errors.addValidationError(what + " must not start with '_' or '-'");
        }
        if (pattern.getBytes(StandardCharsets.UTF_8).length > ListingRequest.PATTERN_BYTES_MAX) {
            errors.addValidationError(what + " must not be longer than " + ListingRequest.PATTERN_BYTES_MAX + " bytes");
        }
    }

    static void follower(String followerPattern, ActionRequestValidationException errors) {
        if (followerPattern.contains(Rule.PLACEHOLDER) == false) {
            errors.addValidationError("follower_index_pattern must contain the " + Rule.PLACEHOLDER + " placeholder");
        } else {
            IndexNames.validate(followerPattern.replace(Rule.PLACEHOLDER, SAMPLE), errors);
        }
    }
}
