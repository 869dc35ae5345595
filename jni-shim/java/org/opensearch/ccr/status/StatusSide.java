package org.opensearch.ccr.status;

import org.opensearch.action.ActionRequest;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.plugins.ActionPlugin.ActionHandler;

import java.util.List;

/** What the plugin registers so that somebody can see how replications stand. */
public final class StatusSide {

    private StatusSide() {}

    /** For {@code ActionPlugin.getActions}. */
    public static List<ActionHandler<? extends ActionRequest, ? extends ActionResponse>> actions() {
        return List.of(
            new ActionHandler<>(StatusAction.INSTANCE, StatusAction.Transport.class),
            new ActionHandler<>(ShardViewsAction.INSTANCE, ShardViewsAction.Transport.class),
            new ActionHandler<>(NodeFiguresAction.INSTANCE, NodeFiguresAction.Transport.class)
        );
    }
}
