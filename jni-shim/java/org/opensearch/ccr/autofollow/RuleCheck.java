package org.opensearch.ccr.autofollow;

import org.opensearch.ccr.security.SetupCheck;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;

import java.util.List;

/** Whether a caller may have a rule: as much as each of its patterns would need in {@code _start}. */
public final class RuleCheck {

    private final SetupCheck setup;

    public RuleCheck(SetupCheck setup) {
        this.setup = setup;
    }

    /** To be called in the caller's own context; fails as {@link SetupCheck#check} does. */
    void check(Rule rule, TimeValue timeout, ActionListener<Void> listener) {
        next(rule, rule.patterns(), timeout, listener);
    }

    private void next(Rule rule, List<String> patterns, TimeValue timeout, ActionListener<Void> listener) {
        String pattern = patterns.get(0);
        List<String> rest = patterns.subList(1, patterns.size());
        setup.check(
            rule.alias(),
            pattern,
            rule.followerOf(pattern),
            rule.roles(),
            timeout,
            rest.isEmpty() ? listener : ActionListener.wrap(allowed -> next(rule, rest, timeout, listener), listener::onFailure)
        );
    }
}
