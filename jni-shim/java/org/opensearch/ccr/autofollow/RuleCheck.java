package org.opensearch.ccr.autofollow;

import org.opensearch.ccr.preflight.SetupCheck;
import org.opensearch.ccr.state.Rule;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;

import java.util.List;

/** Whether a caller may have a rule: as much as an index that each of its patterns matches would need in {@code _start}. */
public final class RuleCheck {

    private final SetupCheck setup;

    public RuleCheck(SetupCheck setup) {
        this.setup = setup;
    }

    /** Name of the caller, for audit logs; null when it has none. To be called in the caller's own context. */
    String caller() {
        return setup.caller();
    }

    /** To be called in the caller's own context; fails as {@link SetupCheck#check} does, with what any pattern is missing. */
    void check(Rule rule, TimeValue timeout, ActionListener<Void> listener) {
        List<SetupCheck.Names> names = rule.patterns().stream().map(pattern -> SetupCheck.Names.of(pattern, rule::followerOf)).toList();
        setup.check(rule.alias(), names, rule.roles(), timeout, listener);
    }

    /** The same for a rule that was found to be allowed before, to somebody: without roles there is nothing to be asked. */
    void checkAgain(Rule rule, TimeValue timeout, ActionListener<Void> listener) {
        if (setup.secured()) {
            check(rule, timeout, listener);
        } else {
            listener.onResponse(null);
        }
    }
}
