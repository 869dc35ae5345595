package org.opensearch.ccr.status;

import org.opensearch.action.FailedNodeException;
import org.opensearch.ccr.follower.ShardFigures;
import org.opensearch.ccr.index.ShardMarks;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.metadata.ShardMark;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.state.FollowTasks;
import org.opensearch.ccr.state.IndexFollowState;
import org.opensearch.ccr.state.IndexFollowState.Phase;
import org.opensearch.ccr.status.StatusResponse.Word;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.routing.IndexRoutingTable;
import org.opensearch.cluster.routing.ShardRouting;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Reads how replications stand, any number of them with one read of the records and one question to each node. Asks the nodes of
 * this cluster only, so it answers at once when a leader cannot. Whether the caller may know is not asked here.
 */
public final class StatusReader implements ShardMarks {

    private static final TimeValue PATIENCE = TimeValue.timeValueSeconds(10);
    /** A pause does not wait for what it can do without. */
    private static final TimeValue MARKS_PATIENCE = TimeValue.timeValueSeconds(3);

    private final ClusterService clusterService;
    private final RoleClients clients;
    private final ReplicationStore store;

    public StatusReader(ClusterService clusterService, RoleClients clients, ReplicationStore store) {
        this.clusterService = clusterService;
        this.clients = clients;
        this.store = store;
    }

    /** Answers one status for each name, NOT IN PROGRESS for what is not replicated. */
    public void read(Collection<String> followers, StatusForm form, ActionListener<SortedMap<String, StatusResponse>> listener) {
        ClusterState state = clusterService.state();
        ReplicationStates states = ReplicationStates.of(state);
        List<String> known = followers.stream().filter(follower -> states.get(follower) != null).toList();
        if (known.isEmpty()) {
            listener.onResponse(answers(followers));
            return;
        }
        store.getAll(known, ActionListener.wrap(records -> {
            List<Index> running = new ArrayList<>();
            for (FollowRecord record : records.values()) {
                IndexMetadata index = state.metadata().index(record.follower());
                if (index != null && runs(states, record)) {
                    running.add(index.getIndex());
                }
            }
            look(state, running, PATIENCE, ActionListener.wrap(heard -> {
                SortedMap<String, StatusResponse> answers = answers(followers);
                for (FollowRecord record : records.values()) { // one that is missing was stopped a moment ago
                    answers.put(record.follower(), answer(state, states.get(record.follower()), record, heard, form));
                }
                listener.onResponse(answers);
            }, listener::onFailure));
        }, listener::onFailure));
    }

    private static SortedMap<String, StatusResponse> answers(Collection<String> followers) {
        SortedMap<String, StatusResponse> answers = new TreeMap<>();
        followers.forEach(follower -> answers.put(follower, StatusResponse.NOT_IN_PROGRESS));
        return answers;
    }

    private static boolean runs(ReplicationStates states, FollowRecord record) {
        return wordOf(states.get(record.follower())) == null;
    }

    /** Null while it runs: then the shards have to say. */
    private static Word wordOf(ReplicationStates.Entry entry) {
        return switch (entry.state()) {
            case RUNNING -> null;
            case PAUSED -> Word.PAUSED;
            case FAILED -> Word.FAILED;
            case STOPPED -> Word.STOPPED;
        };
    }

    @Override
    public void of(String follower, ActionListener<List<ShardMark>> listener) {
        ClusterState state = clusterService.state();
        IndexMetadata index = state.metadata().index(follower);
        long now = System.currentTimeMillis();
        look(state, index == null ? List.of() : List.of(index.getIndex()), MARKS_PATIENCE, ActionListener.wrap(
            heard -> listener.onResponse(marks(heard.of(follower), now)),
            e -> listener.onResponse(List.of())
        ));
    }

    public static List<ShardMark> marks(List<ShardView> views, long now) {
        return views.stream().filter(view -> view.follow() != null).map(view -> {
            ShardFigures figures = view.follow().figures();
            long asOf = figures.lagMillis() < 0 ? 0 : now - figures.lagMillis();
            return new ShardMark(
                view.shard().id(),
                view.syncing().leaderCheckpoint(),
                figures.appliedAt(),
                asOf,
                figures.lagOperations(),
                figures.lagBytes(),
                view.follow().gaveUp() ? figures.lastErrorAttempts() : 0
            );
        }).toList();
    }

    /** @param silentNodes ids of those that did not answer */
    private record Heard(Map<String, List<ShardView>> views, Set<String> silentNodes) {
        List<ShardView> of(String follower) {
            return views.getOrDefault(follower, List.of());
        }
    }

    private void look(ClusterState state, List<Index> indices, TimeValue patience, ActionListener<Heard> listener) {
        if (indices.isEmpty()) {
            listener.onResponse(new Heard(Map.of(), Set.of()));
            return;
        }
        ShardViewsAction.Request ask = new ShardViewsAction.Request(indices, primaryNodes(state, indices));
        ask.timeout(patience);
        clients.plugin().execute(ShardViewsAction.INSTANCE, ask, ActionListener.map(listener, answer -> {
            Set<String> silent = answer.failures().stream().map(FailedNodeException::nodeId).collect(Collectors.toSet());
            return new Heard(perIndex(answer.parts()), silent);
        }));
    }

    private static StatusResponse answer(
        ClusterState state,
        ReplicationStates.Entry entry,
        FollowRecord record,
        Heard heard,
        StatusForm form
    ) {
        // The record is written before the entry is: what has failed a moment ago is not being copied any more.
        Word word = record.state() == OverallState.FAILED ? Word.FAILED : wordOf(entry);
        if (word != null) {
            return new StatusResponse(word, record.reason(), record, List.of(), Unheard.ended(entry), form, entry.sinceMillis());
        }
        IndexMetadata index = state.metadata().index(record.follower());
        Phase phase = FollowTasks.phase(state, record.follower());
        // SYNCING means that every shard has its task and that a pause is possible.
        boolean syncing = phase == null ? index != null : phase == Phase.FOLLOWING;
        word = syncing ? Word.SYNCING : Word.BOOTSTRAPPING;
        List<ShardView> shards = heard.of(record.follower());
        IndexRoutingTable table = index == null || syncing == false ? null : state.routingTable().index(index.getIndex());
        Unheard unheard = table == null ? Unheard.NOTHING : Unheard.running(table, heard.silentNodes());
        List<String> troubles = new ArrayList<>();
        troubles.add(Trouble.of(shards));
        troubles.add(table == null ? null : unheard.trouble(index.getNumberOfShards()));
        troubles.removeIf(Objects::isNull);
        String trouble = troubles.isEmpty() ? Trouble.ofLeftOut(index) : String.join(" ", troubles);
        long since = Math.max(entry.sinceMillis(), syncing ? phaseSince(state, record.follower()) : 0);
        return new StatusResponse(word, trouble == null ? record.reason() : trouble, record, shards, unheard, form, since);
    }

    private static long phaseSince(ClusterState state, String follower) {
        PersistentTask<?> task = FollowTasks.indexTask(state, follower);
        return task != null && task.getState() instanceof IndexFollowState known ? known.sinceMillis() : 0;
    }

    private static String[] primaryNodes(ClusterState state, List<Index> indices) {
        Set<String> nodes = new TreeSet<>();
        for (Index index : indices) {
            IndexRoutingTable table = state.routingTable().index(index);
            if (table != null) {
                table.shards()
                    .values()
                    .stream()
                    .map(shard -> shard.primaryShard())
                    .filter(ShardRouting::assignedToNode)
                    .forEach(primary -> nodes.add(primary.currentNodeId()));
            }
        }
        // No name would mean every node.
        return nodes.isEmpty() ? new String[] { state.nodes().getLocalNodeId() } : nodes.toArray(String[]::new);
    }

    /** One view a shard, in their order: while a primary moves, two nodes may have something to say. */
    private static Map<String, List<ShardView>> perIndex(List<ShardView> views) {
        Map<String, SortedMap<Integer, ShardView>> shards = new HashMap<>();
        for (ShardView view : views) {
            shards.computeIfAbsent(view.shard().getIndexName(), name -> new TreeMap<>())
                .merge(view.shard().id(), view, (a, b) -> a.follow() != null ? a : b);
        }
        Map<String, List<ShardView>> sorted = new HashMap<>();
        shards.forEach((name, byShard) -> sorted.put(name, List.copyOf(byShard.values())));
        return sorted;
    }
}
