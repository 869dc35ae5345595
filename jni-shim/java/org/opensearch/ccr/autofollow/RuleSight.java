package org.opensearch.ccr.autofollow;

import org.opensearch.ccr.status.FollowerLists;
import org.opensearch.core.action.ActionListener;
import org.opensearch.transport.client.Client;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of the indices behind rules somebody may see: those whose replication status the caller may ask for, as in every other
 * list. The rules themselves are seen by whoever may ask for rules.
 */
final class RuleSight {

    private RuleSight() {}

    /** @param caller a client in the caller's name */
    static void limit(FollowerLists lists, Client caller, Collection<RuleReport> reports, ActionListener<List<RuleReport>> listener) {
        Set<String> named = new TreeSet<>();
        reports.forEach(report -> named.addAll(report.indices()));
        lists.visible(
            caller,
            named,
            ActionListener.map(listener, seen -> reports.stream().map(report -> report.limitedTo(seen)).toList())
        );
    }
}
