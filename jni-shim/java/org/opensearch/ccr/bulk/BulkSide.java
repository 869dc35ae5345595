package org.opensearch.ccr.bulk;

import org.opensearch.action.ActionRequest;
import org.opensearch.ccr.action.LostHistory;
import org.opensearch.ccr.preflight.SetupCheck;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.status.FollowerLists;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.plugins.ActionPlugin.ActionHandler;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;

import java.util.List;

/** What the plugin registers so that a verb can be given to many indices at once. */
public final class BulkSide {

    private BulkSide() {}

    /** For {@code Plugin.createComponents}; the actions have them injected. */
    public static List<Object> components(
        Client node,
        RoleClients clients,
        ClusterService clusterService,
        ThreadPool threadPool,
        SetupCheck setup,
        FollowerLists lists,
        LostHistory history
    ) {
        BulkTasks tasks = new BulkTasks();
        BulkRights rights = new BulkRights(node, setup, lists);
        return List.of(tasks, rights, new BulkService(node, clients, clusterService, threadPool, tasks, rights, history));
    }

    /** For {@code Plugin.getNamedWriteables}. */
    public static List<NamedWriteableRegistry.Entry> namedWriteables() {
        return BulkStates.namedWriteables();
    }

    /** For {@code ActionPlugin.getActions}. */
    public static List<ActionHandler<? extends ActionRequest, ? extends ActionResponse>> actions() {
        return List.of(
            new ActionHandler<>(BulkAction.of(BulkVerb.START), BulkAction.Start.class),
            new ActionHandler<>(BulkAction.of(BulkVerb.STOP), BulkAction.Stop.class),
            new ActionHandler<>(BulkAction.of(BulkVerb.PAUSE), BulkAction.Pause.class),
            new ActionHandler<>(BulkAction.of(BulkVerb.RESUME), BulkAction.Resume.class),
            new ActionHandler<>(BulkStateAction.INSTANCE, BulkStateAction.Transport.class),
            new ActionHandler<>(BulkStatusAction.INSTANCE, BulkStatusAction.Transport.class),
            new ActionHandler<>(BulkTaskStatusAction.INSTANCE, BulkTaskStatusAction.Transport.class),
            new ActionHandler<>(BulkTaskCancelAction.INSTANCE, BulkTaskCancelAction.Transport.class)
        );
    }
}
