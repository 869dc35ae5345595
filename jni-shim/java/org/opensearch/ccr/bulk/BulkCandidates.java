package org.opensearch.ccr.bulk;

import org.opensearch.action.admin.cluster.state.ClusterStateRequest;
import org.opensearch.action.support.IndicesOptions;
import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.ccr.action.LostHistory;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.threadpool.ThreadPool;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/** Which indices a bulk request is about, and which of them cannot be done anyway. */
public final class BulkCandidates {

    private static final TimeValue PATIENCE = TimeValue.timeValueSeconds(30);

    private final ClusterService clusterService;
    private final ThreadPool threadPool;
    private final RoleClients clients;
    private final LostHistory history;

    public BulkCandidates(ClusterService clusterService, ThreadPool threadPool, RoleClients clients, LostHistory history) {
        this.history = history;
        this.clusterService = clusterService;
        this.threadPool = threadPool;
        this.clients = clients;
    }

    /**
     * @param ready    indices to be done
     * @param hopeless indices with the reason why not
     */
    record Found(List<String> ready, Map<String, String> hopeless) {}

    /** Asks the leader when something is to be started there; else this cluster's state alone. */
    void find(BulkRequest request, ActionListener<Found> listener) {
        if (request.verb() != BulkVerb.START) {
            listener.onResponse(judge(request, here(request)));
            return;
        }
        ClusterStateRequest ask = new ClusterStateRequest().clear()
            .metadata(true)
            .indices(request.pattern())
            .indicesOptions(IndicesOptions.lenientExpandOpen());
        ActionListener<Found> timed = ListenerTimeouts.wrapWithTimeout(
            threadPool,
            listener,
            PATIENCE,
            ThreadPool.Names.GENERIC,
            "indices of the leader"
        );
        clients.pluginOnLeader(request.alias()).admin().cluster().state(ask, ActionListener.wrap(
            answer -> timed.onResponse(judge(request, there(request, answer.getState().metadata()))),
            timed::onFailure
        ));
    }

    /**
     * Takes out what can only be copied again: a resume that is not forced refuses it. It asks the leader about each index in the
     * name of its replication, so it comes after what the caller may not know is left out.
     */
    void resumable(BulkRequest request, Found found, ActionListener<Found> listener) {
        if (request.verb() != BulkVerb.RESUME || found.ready().isEmpty()) {
            listener.onResponse(found);
            return;
        }
        GroupedActionListener<Map.Entry<String, Boolean>> all = new GroupedActionListener<>(ActionListener.map(listener, answers -> {
            List<String> ready = new ArrayList<>(found.ready());
            Map<String, String> hopeless = new LinkedHashMap<>(found.hopeless());
            answers.stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).sorted().forEach(lost -> {
                ready.remove(lost);
                hopeless.put(lost, LostHistory.text(lost));
            });
            return new Found(ready, hopeless);
        }), found.ready().size());
        found.ready().forEach(name -> history.of(name, PATIENCE, ActionListener.map(all, lost -> Map.entry(name, lost))));
    }

    /** Open indices of the leader; a hidden one only when it is named. */
    private static SortedSet<String> there(BulkRequest request, Metadata leader) {
        SortedSet<String> names = new TreeSet<>();
        for (IndexMetadata index : leader) {
            String name = index.getIndex().getName();
            boolean shown = IndexMetadata.INDEX_HIDDEN_SETTING.get(index.getSettings()) == false && index.isSystem() == false;
            if (request.matches(name) && (shown || name.equals(request.pattern())) && index.getState() == IndexMetadata.State.OPEN) {
                names.add(name);
            }
        }
        return names;
    }

    /** Whatever stands here under such a name, and what is replicated without an index yet. */
    private SortedSet<String> here(BulkRequest request) {
        ClusterState state = clusterService.state();
        SortedSet<String> names = new TreeSet<>(ReplicationStates.of(state).entries().keySet());
        for (IndexMetadata index : state.metadata()) {
            boolean shown = IndexMetadata.INDEX_HIDDEN_SETTING.get(index.getSettings()) == false && index.isSystem() == false;
            if (shown || index.getIndex().getName().equals(request.pattern())) {
                names.add(index.getIndex().getName());
            }
        }
        names.removeIf(name -> request.matches(name) == false);
        return names;
    }

    private Found judge(BulkRequest request, SortedSet<String> names) {
        ClusterState state = clusterService.state();
        List<String> ready = new ArrayList<>();
        Map<String, String> hopeless = new LinkedHashMap<>();
        for (String name : names) {
            String reason = why(request.verb(), name, state);
            if (reason == null) {
                ready.add(name);
            } else {
                hopeless.put(name, reason);
            }
        }
        return new Found(ready, hopeless);
    }

    /** Why the verb cannot be done to the index, in the words of the contract; null when it can be tried. */
    private static String why(BulkVerb verb, String name, ClusterState state) {
        ReplicationStates.Entry entry = ReplicationStates.of(state).get(name);
        if (verb == BulkVerb.START) {
            return state.metadata().hasIndex(name) || entry != null
                ? "Can't use same index again for replication. Delete the index:" + name
                : null;
        }
        if (entry == null) {
            return "No replication in progress for index:" + name;
        }
        if (verb == BulkVerb.PAUSE && entry.state() == OverallState.PAUSED) {
            return "Index " + name + " is already paused";
        }
        if (verb == BulkVerb.RESUME && entry.state() == OverallState.RUNNING) {
            return "Replication on Index " + name + " is already running";
        }
        return null;
    }
}
