package org.opensearch.ccr.bulk;

import org.opensearch.ccr.preflight.SetupCheck;
import org.opensearch.ccr.status.FollowerLists;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.transport.client.Client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What of a bulk request its caller may do and learn: an index whose replication status the caller may not ask for is left out
 * as if it were not there. To be called in the caller's own context.
 */
public final class BulkRights {

    private static final TimeValue PATIENCE = TimeValue.timeValueSeconds(30);

    private final Client node;
    private final SetupCheck setup;
    private final FollowerLists lists;

    BulkRights(Client node, SetupCheck setup, FollowerLists lists) {
        this.node = node;
        this.setup = setup;
        this.lists = lists;
    }

    /** Before the leader is asked what it has: whether the roles may be used for everything the pattern may mean. */
    void check(BulkRequest request, ActionListener<Void> listener) {
        if (request.verb() == BulkVerb.START) {
            setup.check(request.alias(), List.of(SetupCheck.Names.of(request.pattern(), name -> name)), request.roles(), PATIENCE, listener);
        } else {
            listener.onResponse(null);
        }
    }

    /** Leaves out what the caller may not know. */
    void limit(BulkRequest request, BulkCandidates.Found found, ActionListener<BulkCandidates.Found> listener) {
        if (request.verb() == BulkVerb.START) {
            listener.onResponse(found); // all of it was checked
            return;
        }
        List<String> names = new ArrayList<>(found.ready());
        names.addAll(found.hopeless().keySet());
        lists.visible(node, names, ActionListener.map(listener, seen -> limited(found, seen)));
    }

    private static BulkCandidates.Found limited(BulkCandidates.Found found, Set<String> seen) {
        Map<String, String> hopeless = new LinkedHashMap<>(found.hopeless());
        hopeless.keySet().retainAll(seen);
        return new BulkCandidates.Found(found.ready().stream().filter(seen::contains).toList(), hopeless);
    }

    /** How far a task has come, without the names of indices that the caller may not know. */
    void limit(BulkProgress progress, ActionListener<BulkProgress> listener) {
        List<String> names = progress.failures().stream().map(BulkProgress.Failure::index).toList();
        lists.visible(node, names, ActionListener.map(listener, progress::limited));
    }
}
