package org.opensearch.ccr.autofollow;

import org.opensearch.ResourceNotFoundException;
import org.opensearch.ccr.state.Rule;
import org.opensearch.ccr.state.RuleSet;
import org.opensearch.cluster.ClusterState;

import java.util.List;

/** Finds the rules that a request means. */
final class Targets {

    private Targets() {}

    /** The one rule of this name; the alias may be null when only one has it. */
    static Rule one(ClusterState state, String alias, String name) {
        List<Rule> found = all(state, alias, name);
        if (found.isEmpty()) {
            throw new ResourceNotFoundException(
                "no auto-follow rule [" + name + "]" + (alias == null ? "" : " for leader_alias [" + alias + "]")
            );
        }
        if (found.size() > 1) {
            throw new IllegalArgumentException(
                "several auto-follow rules are called [" + name + "]: say with [leader_alias] which of "
                    + found.stream().map(Rule::alias).toList() + " is meant"
            );
        }
        return found.get(0);
    }

    static boolean any(ClusterState state, String alias, String name) {
        return all(state, alias, name).isEmpty() == false;
    }

    private static List<Rule> all(ClusterState state, String alias, String name) {
        return RuleSet.of(state).all().stream()
            .filter(rule -> rule.name().equals(name) && (alias == null || rule.alias().equals(alias)))
            .toList();
    }
}
