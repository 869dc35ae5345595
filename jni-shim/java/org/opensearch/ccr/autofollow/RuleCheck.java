package org.opensearch.ccr.autofollow;

import org.opensearch.ccr.security.SetupCheck;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;

import java.util.List;

/**
 * Whether a caller may have a rule: as much as an index that each of its patterns matches would need in {@code _start}. A name
 * is looked at in place of the pattern, because the Security plugin lets everybody pass with a pattern that matches nothing yet.
 */
public final class RuleCheck {

    /** Stands for what {@code *} stands for. */
    private static final String ANY = "any";

    private final SetupCheck setup;

    public RuleCheck(SetupCheck setup) {
        this.setup = setup;
    }

    /** To be called in the caller's own context; fails as {@link SetupCheck#check} does. */
    void check(Rule rule, TimeValue timeout, ActionListener<Void> listener) {
        next(rule, rule.patterns(), timeout, listener);
    }

    private void next(Rule rule, List<String> patterns, TimeValue timeout, ActionListener<Void> listener) {
        String sample = patterns.get(0).replace("*", ANY);
        List<String> rest = patterns.subList(1, patterns.size());
        setup.check(
            rule.alias(),
            sample,
            rule.followerOf(sample),
            rule.roles(),
            timeout,
            rest.isEmpty() ? listener : ActionListener.wrap(allowed -> next(rule, rest, timeout, listener), listener::onFailure)
        );
    }
}
