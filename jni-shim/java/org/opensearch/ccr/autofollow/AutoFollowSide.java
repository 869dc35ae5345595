package org.opensearch.ccr.autofollow;

import org.opensearch.action.ActionRequest;
import org.opensearch.ccr.leader.LeaderIndices;
import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.preflight.SetupCheck;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.state.RuleSet;
import org.opensearch.ccr.status.FollowerLists;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.core.ParseField;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.persistent.PersistentTaskParams;
import org.opensearch.persistent.PersistentTasksExecutor;
import org.opensearch.plugins.ActionPlugin.ActionHandler;
import org.opensearch.rest.RestHandler;
import org.opensearch.threadpool.ThreadPool;

import java.util.ArrayList;
import java.util.List;

/** What the plugin registers so that rules are kept, carried out and shown, and that this cluster tells others its indices. */
public final class AutoFollowSide {

    private final LeaderIndices indices;
    private final LeaderCalls leader;
    private final RuleCheck check;
    private final RunningRules running = new RunningRules();
    private final AutoFollowExecutor tasks;

    public AutoFollowSide(
        ClusterService clusterService,
        ThreadPool threadPool,
        RoleClients clients,
        ReplicationStore store,
        SetupCheck setup
    ) {
        indices = new LeaderIndices(clusterService, threadPool);
        leader = new LeaderCalls(clients, threadPool);
        check = new RuleCheck(setup);
        RetryTimes times = new RetryTimes(clusterService.getClusterSettings());
        tasks = new AutoFollowExecutor(new AutoFollowServices(clusterService, threadPool, clients, store, leader, times, running));
    }

    /** For {@code ActionPlugin.getActions}. */
    public static List<ActionHandler<? extends ActionRequest, ? extends ActionResponse>> actions() {
        return List.of(
            new ActionHandler<>(UpdateRuleAction.INSTANCE, UpdateRuleAction.Transport.class),
            new ActionHandler<>(ChangeRuleAction.INSTANCE, ChangeRuleAction.Transport.class),
            new ActionHandler<>(GetRulesAction.INSTANCE, GetRulesAction.Transport.class),
            new ActionHandler<>(DryRunAction.INSTANCE, DryRunAction.Transport.class),
            new ActionHandler<>(ProgressAction.INSTANCE, ProgressAction.Transport.class)
        );
    }

    /** For {@code ActionPlugin.getRestHandlers}. */
    public static List<RestHandler> endpoints(FollowerLists lists) {
        return List.of(new RestRule(), new RestGetRules(), new RestDryRun(), new RestAutoFollowStats(lists));
    }

    /** For {@code Plugin.getNamedWriteables}. */
    public static List<NamedWriteableRegistry.Entry> namedWriteables() {
        List<NamedWriteableRegistry.Entry> entries = new ArrayList<>(RuleSet.namedWriteables());
        entries.add(new NamedWriteableRegistry.Entry(PersistentTaskParams.class, AutoFollowParams.NAME, AutoFollowParams::new));
        return entries;
    }

    /** For {@code Plugin.getNamedXContent}. */
    public static List<NamedXContentRegistry.Entry> namedXContent() {
        List<NamedXContentRegistry.Entry> entries = new ArrayList<>(RuleSet.namedXContent());
        ParseField name = new ParseField(AutoFollowParams.NAME);
        entries.add(new NamedXContentRegistry.Entry(PersistentTaskParams.class, name, AutoFollowParams::fromXContent));
        return entries;
    }

    /** For {@code Plugin.createComponents}; the actions have them injected. */
    public List<Object> components() {
        return List.of(indices, leader, check, running);
    }

    /** For {@code PersistentTaskPlugin.getPersistentTasksExecutor}. */
    public PersistentTasksExecutor<?> tasks() {
        return tasks;
    }
}
