package org.opensearch.ccr.status;

import org.opensearch.ccr.common.EveryNode;
import org.opensearch.ccr.common.OpenMetrics;
import org.opensearch.ccr.common.OpenMetrics.Type;
import org.opensearch.ccr.follower.ShardStatus;
import org.opensearch.ccr.leader.LeaderFigures;
import org.opensearch.ccr.leader.LeaderStats;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.transport.client.Client;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * The text of {@code _metrics}: this cluster as a follower and as a leader. Needs the permission of {@link NodeFiguresAction}, and
 * has series only of indices whose replication status the caller may ask for.
 */
public final class Metrics {

    private static final String PREFIX = "opensearch_replication_";
    private static final TimeValue PATIENCE = TimeValue.timeValueSeconds(10);
    private static final double MILLIS = 1_000;
    private static final double NANOS = 1_000_000_000;

    private final FollowerLists lists;

    public Metrics(FollowerLists lists) {
        this.lists = lists;
    }

    /** Answers the text. @param caller a client in the caller's name */
    public void read(Client caller, ActionListener<String> listener) {
        EveryNode ask = new EveryNode();
        ask.timeout(PATIENCE);
        caller.execute(NodeFiguresAction.INSTANCE, ask, ActionListener.wrap(nodes -> {
            Set<String> leaders = new TreeSet<>();
            nodes.parts().forEach(node -> node.leaders().forEach(figures -> leaders.add(figures.shard().getIndexName())));
            lists.visible(caller, leaders, ActionListener.wrap(seen -> {
                FollowerFilter all = FollowerFilter.of(null, null);
                lists.statuses(caller, all, StatusForm.CONTRACT, ActionListener.map(listener, statuses -> text(nodes, seen, statuses)));
            }, listener::onFailure));
        }, listener::onFailure));
    }

    private static String text(NodeFiguresAction.Response nodes, Set<String> leaders, SortedMap<String, StatusResponse> followers) {
        OpenMetrics out = new OpenMetrics();
        indices(out, followers);
        following(out, followers);
        bootstraps(out, followers);
        leaders(out, nodes, leaders);
        nodes(out, nodes);
        return out.end();
    }

    private static Map<String, String> labels(String... pairs) {
        Map<String, String> labels = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            labels.put(pairs[i], pairs[i + 1]);
        }
        return labels;
    }

    private static void indices(OpenMetrics out, SortedMap<String, StatusResponse> followers) {
        out.family(PREFIX + "follower", Type.INFO, null, "A follower index, the index it follows, and how that stands.");
        followers.forEach(
            (index, status) -> out.value(
                labels("index", index, "leader_alias", status.alias(), "leader_index", status.leader(), "status", status.word().text()),
                1
            )
        );
        String since = PREFIX + "follower_status_timestamp_seconds";
        out.family(since, Type.GAUGE, "seconds", "When the follower came into its status, Unix time.");
        followers.forEach((index, status) -> out.value(labels("index", index), status.sinceMillis() / MILLIS));
        Map<StatusResponse.Word, Integer> counts = new TreeMap<>();
        for (StatusResponse.Word word : StatusResponse.Word.values()) {
            if (word != StatusResponse.Word.NOT_IN_PROGRESS) {
                counts.put(word, 0);
            }
        }
        followers.values().forEach(status -> counts.merge(status.word(), 1, Integer::sum));
        out.family(PREFIX + "follower_indices", Type.GAUGE, "indices", "Followers by status.");
        counts.forEach((word, count) -> out.value(labels("status", word.text()), count));
    }

    /** One family over all follower shards that have their task. */
    private record Following(OpenMetrics out, SortedMap<String, StatusResponse> followers) {

        void longs(String name, Type type, String unit, String help, ToLongFunction<ShardStatus> value) {
            out.family(PREFIX + "follower_" + name + "_" + unit, type, unit, help);
            each((labels, status) -> out.value(labels, value.applyAsLong(status)));
        }

        void doubles(String name, Type type, String unit, String help, ToDoubleFunction<ShardStatus> value) {
            out.family(PREFIX + "follower_" + name + "_" + unit, type, unit, help);
            each((labels, status) -> {
                double found = value.applyAsDouble(status);
                if (Double.isNaN(found) == false) {
                    out.value(labels, found);
                }
            });
        }

        private void each(BiConsumer<Map<String, String>, ShardStatus> what) {
            followers.values().forEach(status -> status.shards().forEach(shard -> {
                if (shard.follow() != null) {
                    what.accept(ofShard(shard), shard.follow());
                }
            }));
        }
    }

    private static Map<String, String> ofShard(ShardView shard) {
        return labels("index", shard.shard().getIndexName(), "shard", Integer.toString(shard.shard().id()), "node", shard.node());
    }

    private static double timestamp(long millis) {
        return millis == 0 ? Double.NaN : millis / MILLIS;
    }

    private static void following(OpenMetrics out, SortedMap<String, StatusResponse> followers) {
        Following f = new Following(out, followers);
        f.doubles(
            "lag",
            Type.GAUGE,
            "seconds",
            "Everything that the leader had so long ago is applied; absent before its first answer.",
            s -> s.figures().lagMillis() < 0 ? Double.NaN : s.figures().lagMillis() / MILLIS
        );
        f.longs("lag", Type.GAUGE, "operations", "Operations that the leader is known to have and the follower has not applied.",
            s -> s.figures().lagOperations());
        f.longs("lag", Type.GAUGE, "bytes", "Their plain bytes, partly estimated.", s -> s.figures().lagBytes());
        f.longs("held", Type.GAUGE, "bytes", "Plain bytes that are here and not applied yet.", s -> s.figures().heldBytes());
        f.longs("error", Type.GAUGE, "attempts", "Tries in a row that failed; 0 while all is well.", s -> s.attempts());
        f.doubles("error_timestamp", Type.GAUGE, "seconds", "When something failed last, Unix time; absent when nothing has.",
            s -> timestamp(s.figures().lastErrorAt()));
        f.doubles("heard_timestamp", Type.GAUGE, "seconds", "Last answer of the leader, Unix time.",
            s -> timestamp(s.figures().heardAt()));
        f.longs("read", Type.COUNTER, "operations", "Operations received from the leader.", ShardStatus::operationsRead);
        f.longs("written", Type.COUNTER, "operations", "Operations applied.", ShardStatus::operationsWritten);
        f.longs("plain", Type.COUNTER, "bytes", "Bytes of the operations received, unpacked.", s -> s.figures().plainBytes());
        f.longs("wire", Type.COUNTER, "bytes", "Bytes of the operations received, as they were sent.", s -> s.figures().wireBytes());
        f.longs("failed", Type.COUNTER, "reads", "Fetches that failed.", ShardStatus::failedReads);
        f.longs("failed", Type.COUNTER, "writes", "Applies that failed.", ShardStatus::failedWrites);
        f.longs("throttled", Type.COUNTER, "reads", "Fetches for which memory of the node was short, or that an overloaded leader refused.", ShardStatus::throttledReads);
        f.doubles("write", Type.COUNTER, "seconds", "Time spent applying.", s -> s.writeMillis() / MILLIS);
    }

    private static void bootstraps(OpenMetrics out, SortedMap<String, StatusResponse> followers) {
        copies(out, followers, "size", "bytes", "Bytes of files that the bootstrap has to copy.", ShardCopy::bytesTotal);
        copies(out, followers, "recovered", "bytes", "Of them copied.", ShardCopy::bytesRecovered);
        copies(out, followers, "wire", "bytes", "Bytes received for them, as they were sent.", ShardCopy::wireBytes);
        copies(
            out,
            followers,
            "eta",
            "seconds",
            "Time to go at the rate so far; absent while there is none, 0 when it is over.",
            copy -> copy.etaMillis() < 0 ? Double.NaN : copy.etaMillis() / MILLIS
        );
    }

    private static void copies(
        OpenMetrics out,
        SortedMap<String, StatusResponse> followers,
        String name,
        String unit,
        String help,
        ToDoubleFunction<ShardCopy> value
    ) {
        out.family(PREFIX + "follower_bootstrap_" + name + "_" + unit, Type.GAUGE, unit, help);
        followers.values().forEach(status -> status.shards().forEach(shard -> {
            double found = shard.copy() == null ? Double.NaN : value.applyAsDouble(shard.copy());
            if (Double.isNaN(found) == false) {
                out.value(ofShard(shard), found);
            }
        }));
    }

    /** A copy of a leader shard, and where it is. */
    private record Led(Map<String, String> labels, LeaderFigures figures) {

        Map<String, String> from(String source) {
            Map<String, String> more = new LinkedHashMap<>(labels);
            more.put("source", source);
            return more;
        }
    }

    private static void leaders(OpenMetrics out, NodeFiguresAction.Response nodes, Set<String> visible) {
        List<Led> all = nodes.parts()
            .stream()
            .flatMap(node -> node.leaders().stream().map(figures -> led(node.node(), figures)))
            .filter(led -> visible.contains(led.figures.shard().getIndexName()))
            .toList();
        out.family(PREFIX + "leader_answers", Type.COUNTER, "answers", "Answers given to followers, empty ones too.");
        all.forEach(led -> out.value(led.labels, led.figures.answers()));
        bySource(out, all, "leader_read_operations", "operations", "Operations read for followers.", LeaderStats.Totals::operations);
        bySource(out, all, "leader_plain_bytes", "bytes", "Their bytes before packing.", LeaderStats.Totals::bytes);
        bySource(out, all, "leader_read_seconds", "seconds", "Time spent reading and packing.", totals -> totals.nanos() / NANOS);
        out.family(PREFIX + "leader_wire_bytes", Type.COUNTER, "bytes", "Bytes of operations as they were sent.");
        all.forEach(led -> out.value(led.labels, led.figures.wireBytes()));
        String last = PREFIX + "leader_read_timestamp_seconds";
        out.family(last, Type.GAUGE, "seconds", "Last answer to a follower, Unix time.");
        all.forEach(led -> out.value(led.labels, led.figures.lastReadMillis() / MILLIS));
    }

    private static Led led(String node, LeaderFigures figures) {
        String shard = Integer.toString(figures.shard().id());
        return new Led(labels("index", figures.shard().getIndexName(), "shard", shard, "node", node), figures);
    }

    private static void bySource(
        OpenMetrics out,
        List<Led> all,
        String name,
        String unit,
        String help,
        ToDoubleFunction<LeaderStats.Totals> value
    ) {
        out.family(PREFIX + name, Type.COUNTER, unit, help);
        for (Led led : all) {
            out.value(led.from("translog"), value.applyAsDouble(led.figures.translog()));
            out.value(led.from("lucene"), value.applyAsDouble(led.figures.lucene()));
        }
    }

    private static void nodes(OpenMetrics out, NodeFiguresAction.Response nodes) {
        out.family(PREFIX + "leader_parked_polls", Type.GAUGE, "polls", "Fetches of followers that wait on a node for something new.");
        nodes.parts().forEach(node -> out.value(labels("node", node.node()), node.parkedPolls()));
        out.family(PREFIX + "leader_bootstrap_sessions", Type.GAUGE, "sessions", "Bootstraps that a node serves.");
        nodes.parts().forEach(node -> out.value(labels("node", node.node()), node.bootstraps()));
        out.family(PREFIX + "silent_nodes", Type.GAUGE, "nodes", "Nodes that did not answer: their leader series are missing here.");
        out.value(Map.of(), nodes.failures().size());
    }
}
