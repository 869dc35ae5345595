package org.opensearch.ccr.action;

import org.opensearch.ExceptionsHelper;
import org.opensearch.OpenSearchSecurityException;
import org.opensearch.action.admin.cluster.node.info.NodeInfo;
import org.opensearch.action.admin.cluster.node.info.NodesInfoRequest;
import org.opensearch.action.admin.cluster.node.info.NodesInfoResponse;
import org.opensearch.action.admin.cluster.node.stats.NodesStatsRequest;
import org.opensearch.action.admin.cluster.node.stats.NodesStatsResponse;
import org.opensearch.action.admin.cluster.state.ClusterStateRequest;
import org.opensearch.action.support.ListenerTimeouts;
import org.opensearch.ccr.CcrPlugin;
import org.opensearch.ccr.index.CreateAction;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.metadata.Unwrap;
import org.opensearch.ccr.preflight.Check;
import org.opensearch.ccr.preflight.DiskCheck;
import org.opensearch.ccr.preflight.NodeVersions;
import org.opensearch.ccr.preflight.PreflightResponse;
import org.opensearch.ccr.preflight.SetupCheck;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.routing.allocation.DiskThresholdSettings;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.index.IndexNotFoundException;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.NoSuchRemoteClusterException;
import org.opensearch.transport.client.Client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Looks at everything a replication needs, one thing after the other, and goes on after each that is not right. The rules are
 * those of {@code _start}; what is added is what a {@code _start} cannot refuse but a person wants to know before.
 */
final class Preflight {

    private static final int PINGS = 3;
    private static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final String NO_LEADER = "the leader could not be asked, see the check [connection]";
    private static final String NO_INDEX = "the leader index could not be looked at, see the check [leader_index]";

    private final FollowerServices services;
    private final SetupCheck setup;
    private final StartChecks rules;
    private final Client node;
    private final StartRequest start;
    private final boolean running;
    private final ActionListener<PreflightResponse> listener;

    // one step at a time, each begun by the end of the one before
    private final List<Check> checks = new ArrayList<>();
    private final Deque<Consumer<Runnable>> steps = new ArrayDeque<>();
    private boolean forbidden;
    private boolean connected;
    private LeaderIndex leader;
    private NodeVersions here;
    private long fastest = Long.MAX_VALUE;
    private int pings;

    /** @param running whether the replication is there already, so that its index need not be absent */
    Preflight(
        FollowerServices services,
        SetupCheck setup,
        StartChecks rules,
        Client node,
        StartRequest start,
        boolean running,
        ActionListener<PreflightResponse> listener
    ) {
        this.services = services;
        this.setup = setup;
        this.rules = rules;
        this.node = node;
        this.start = start;
        this.running = running;
        this.listener = listener;
    }

    /** To be called in the caller's own context. */
    void run() {
        for (int i = 0; i < PINGS; i++) {
            steps.add(this::ping);
        }
        steps.add(this::permissions);
        steps.add(this::pluginHere);
        steps.add(this::pluginThere);
        steps.add(this::leaderIndex);
        steps.add(this::leaderRules);
        steps.add(this::followerRules);
        steps.add(this::disk);
        next();
    }

    private void next() {
        Consumer<Runnable> step = steps.poll();
        if (step == null) {
            listener.onResponse(new PreflightResponse(start.follower(), start.alias(), start.leader(), checks));
            return;
        }
        try {
            step.accept(this::next);
        } catch (Exception e) {
            listener.onFailure(e);
        }
    }

    private <T> ActionListener<T> timed(String what, Consumer<T> good, Consumer<Exception> bad, Runnable next) {
        return ListenerTimeouts.wrapWithTimeout(services.threadPool(), ActionListener.wrap(answer -> {
            good.accept(answer);
            next.run();
        }, e -> {
            bad.accept(Unwrap.cause(e));
            next.run();
        }), start.timeout(), ThreadPool.Names.GENERIC, what);
    }

    // ---- the connection

    /** The smallest question there is, some times over: the first one may have to open the connection. */
    private void ping(Runnable next) {
        if (pings++ > 0 && connected == false) {
            next.run(); // said already
            return;
        }
        long began = System.nanoTime();
        ActionListener<Object> answer = timed("ping", pong -> {
            fastest = Math.min(fastest, System.nanoTime() - began);
            connected = true;
            if (pings == PINGS) {
                reached();
            }
        }, this::unreachable, next);
        try {
            ClusterStateRequest nothing = new ClusterStateRequest().clear();
            services.clients().pluginOnLeader(start.alias()).admin().cluster().state(nothing, ActionListener.map(answer, pong -> pong));
        } catch (Exception e) {
            answer.onFailure(e); // no such connection
        }
    }

    private void reached() {
        String millis = String.format(Locale.ROOT, "[%.1f ms]", fastest / 1e6);
        checks.add(Check.ok("connection", "[" + start.alias() + "] answers"));
        checks.add(
            fastest < SLOW_NANOS ? Check.ok("round_trip", millis)
                : Check.warning("round_trip", millis, "Look for a slow or overloaded link: each batch waits for it at least once")
        );
    }

    private void unreachable(Exception e) {
        connected = false;
        String remedy = e instanceof NoSuchRemoteClusterException
            ? "Configure the connection on this cluster: [cluster.remote." + start.alias() + ".seeds] or [.mode] and [.proxy_address]"
            : "See that the leader cluster runs and that its transport address is reachable from every node of this one";
        checks.add(Check.failed("connection", String.valueOf(e.getMessage()), remedy));
        checks.add(Check.skipped("round_trip", NO_LEADER));
    }

    // ---- who may, and with what

    private void permissions(Runnable next) {
        if (connected == false) {
            checks.add(Check.skipped("permissions", NO_LEADER));
            next.run();
            return;
        }
        ActionListener<Void> answer = timed(
            "permissions",
            allowed -> checks.add(Check.ok("permissions", "the caller and the roles may replicate")),
            this::refused,
            next
        );
        try {
            setup.check(start.alias(), start.leader(), start.follower(), start.roles(), start.timeout(), answer);
        } catch (Exception e) {
            answer.onFailure(e);
        }
    }

    private void refused(Exception e) {
        String text = String.valueOf(e.getMessage());
        forbidden = ExceptionsHelper.unwrapCause(e) instanceof OpenSearchSecurityException;
        if (e instanceof UnsupportedOperationException) {
            checks.add(Check.failed("permissions", text, "Install the plugin on every node of the leader cluster"));
        } else if (ExceptionsHelper.unwrapCause(e) instanceof OpenSearchSecurityException) {
            checks.add(
                Check.failed(
                    "permissions",
                    text,
                    "Name leader_cluster_role and follower_cluster_role in use_roles, and grant them to the caller on both clusters"
                )
            );
        } else {
            checks.add(Check.failed("permissions", text, "See the log of the node that was asked, and of the leader's"));
        }
    }

    // ---- versions

    private static NodesInfoRequest nodes() {
        return new NodesInfoRequest().clear().addMetric(NodesInfoRequest.Metric.PLUGINS.metricName());
    }

    private void pluginHere(Runnable next) {
        services.clients().plugin().admin().cluster().nodesInfo(nodes(), this.<NodesInfoResponse>timed("nodes", answer -> {
            here = new NodeVersions("follower", CcrPlugin.NAME, answer.getNodes());
            checks.add(here.plugin());
        }, e -> checks.add(unknown("plugin_on_follower", e)), next));
    }

    /** As the caller: nobody else has a name on the leader. */
    private void pluginThere(Runnable next) {
        if (connected == false) {
            checks.add(Check.skipped("plugin_on_leader", NO_LEADER));
            checks.add(Check.skipped("versions", NO_LEADER));
            next.run();
            return;
        }
        node.getRemoteClusterClient(start.alias()).admin().cluster().nodesInfo(nodes(), this.<NodesInfoResponse>timed("nodes", answer -> {
            List<NodeInfo> infos = answer.getNodes();
            NodeVersions there = new NodeVersions("leader", CcrPlugin.NAME, infos);
            checks.add(there.plugin());
            if (here != null) {
                checks.add(NodeVersions.same(there, here));
            }
        }, e -> {
            checks.add(unknown("plugin_on_leader", e));
            checks.add(unknown("versions", e));
        }, next));
    }

    private static Check unknown(String name, Exception e) {
        return Check.warning(
            name,
            "could not be looked at: " + e.getMessage(),
            "Grant the caller [cluster:monitor/nodes/info] on the leader, or look there yourself"
        );
    }

    // ---- the leader index

    private void leaderIndex(Runnable next) {
        if (connected == false || forbidden) { // nobody learns of a leader index by what the plugin itself may ask
            checks.add(Check.skipped("leader_index", forbidden ? "the caller may not replicate it" : NO_LEADER));
            next.run();
            return;
        }
        ActionListener<LeaderIndex> answer = timed("leader index", found -> leader = found, e -> {
            String remedy = e instanceof IndexNotFoundException
                ? "Give the name of an index, not of an alias or data stream, of the leader cluster"
                : "See the log of the leader";
            checks.add(Check.failed("leader_index", String.valueOf(e.getMessage()), remedy));
        }, next);
        LeaderIndex.fetch(services.clients(), services.threadPool(), start.alias(), start.leader(), start.timeout(), answer);
    }

    private void leaderRules(Runnable next) {
        if (leader == null) {
            for (String name : List.of("leader_version", "leader_shards", "no_loop", "soft_deletes", "analysis_files")) {
                checks.add(Check.skipped(name, connected ? NO_INDEX : NO_LEADER));
            }
            next.run();
            return;
        }
        Settings settings = leader.metadata().getSettings();
        rule("leader_index", leader::ensureReadable, "is there, open and may be read", "Open the index on the leader, or lift its block");
        rule(
            "leader_version",
            () -> leader.ensureReadableBy(services.cluster().state().nodes().getMinNodeVersion()),
            "[" + leader.metadata().getCreationVersion() + "] can be read here",
            "Upgrade the nodes of this cluster"
        );
        rule(
            "leader_shards",
            () -> leader.ensurePrimariesActive(start.alias()),
            "all [" + leader.metadata().getNumberOfShards() + "] primary shards are active",
            "Bring the index to yellow or green: see [_cluster/allocation/explain] on the leader"
        );
        if (leader.routing() != null && leader.routing().allPrimaryShardsActive() && unassigned() > 0) {
            checks.add(
                Check.warning(
                    "leader_replicas",
                    "[" + unassigned() + "] replica shards of the leader index are not assigned",
                    "Bring the index to green: replication reads from all copies"
                )
            );
        }
        rule(
            "no_loop",
            () -> leader.ensureNoLoop(services.cluster().state(), start.follower()),
            "the leader index does not come from the follower index",
            "Follow in one direction only, or take an index of another name"
        );
        rule("soft_deletes", leader::ensureSoftDeletes, "are enabled", "Reindex into an index that has [index.soft_deletes.enabled]");
        rule(
            "analysis_files",
            () -> rules.ensureAnalysisFiles(settings, start.settings()),
            "are there, as far as the analyzers need any",
            "Copy the file to the same place below the config folder of every node of this cluster"
        );
        next.run();
    }

    private long unassigned() {
        return leader.metadata().getNumberOfShards() * (leader.metadata().getNumberOfReplicas() + 1L) - leader.routing()
            .shardsMatchingPredicateCount(shard -> shard.active());
    }

    // ---- this cluster

    private void followerRules(Runnable next) {
        ClusterState state = services.cluster().state();
        rule(
            "settings",
            () -> rules.ensureSettings(start.follower(), start.settings()),
            start.settings().isEmpty() ? "none are given" : "are known and valid",
            "Correct [settings] of the request"
        );
        if (running) {
            checks.add(Check.ok("follower_index", "[" + start.follower() + "] is being replicated"));
        } else {
            boolean blocked = services.cluster().getClusterSettings().get(CcrSettings.START_BLOCK);
            rule(
                "follower_index",
                () -> CreateAction.ensureFree(state, start.follower(), blocked),
                "[" + start.follower() + "] is free",
                blocked ? "Set [" + CcrSettings.START_BLOCK.getKey() + "] to false" : "Choose another name, or delete what has it"
            );
        }
        next.run();
    }

    private void disk(Runnable next) {
        if (leader == null || running) {
            checks.add(Check.skipped("disk", running ? "the files are here already" : connected ? NO_INDEX : NO_LEADER));
            next.run();
            return;
        }
        Consumer<Exception> bad = e -> checks.add(
            Check.warning("disk", "could not be looked at: " + e.getMessage(), "Compare the size of the index with the free space here")
        );
        ActionListener<long[]> sizes = ActionListener.wrap(bytes -> room(bytes, bad, next), e -> {
            bad.accept(Unwrap.cause(e));
            next.run();
        });
        LeaderLeases.describe(
            services.clients().leader(start.alias(), start.roles()),
            start.leader(),
            ListenerTimeouts.wrapWithTimeout(
                services.threadPool(),
                ActionListener.map(sizes, shards -> shards.values().stream().mapToLong(shard -> shard.sizeBytes()).toArray()),
                start.timeout(),
                ThreadPool.Names.GENERIC,
                "sizes of the leader's shards"
            )
        );
    }

    private void room(long[] shards, Consumer<Exception> bad, Runnable next) {
        NodesStatsRequest request = new NodesStatsRequest("data:true").clear().addMetric(NodesStatsRequest.Metric.FS.metricName());
        services.clients().plugin().admin().cluster().nodesStats(request, this.<NodesStatsResponse>timed("disks", stats -> {
            Settings settings = services.cluster().state().metadata().settings();
            DiskThresholdSettings watermarks = new DiskThresholdSettings(
                Settings.builder().put(services.cluster().getSettings()).put(settings).build(),
                services.cluster().getClusterSettings()
            );
            checks.add(DiskCheck.check(shards, replicas(), stats.getNodes(), watermarks));
        }, bad, next));
    }

    private int replicas() {
        Settings settings = Settings.builder().put(leader.metadata().getSettings()).put(start.settings()).build();
        return IndexMetadata.INDEX_NUMBER_OF_REPLICAS_SETTING.get(settings);
    }

    /** A rule of {@code _start}: kept, or broken with its own words. */
    private void rule(String name, Runnable rule, String good, String remedy) {
        try {
            rule.run();
        } catch (Exception e) {
            checks.add(Check.failed(name, String.valueOf(e.getMessage()), remedy));
            return;
        }
        checks.add(Check.ok(name, good));
    }
}
