package org.opensearch.ccr.action;

import org.opensearch.action.ActionRequest;
import org.opensearch.ccr.index.CreateAction;
import org.opensearch.ccr.metadata.ApplyMetadataAction;
import org.opensearch.ccr.metadata.ReleaseAction;
import org.opensearch.ccr.metadata.ReopenAction;
import org.opensearch.ccr.state.DeleteFollowersAction;
import org.opensearch.ccr.state.StateAction;
import org.opensearch.ccr.stats.FollowerStatsAction;
import org.opensearch.ccr.stats.LeaderStatsAction;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.plugins.ActionPlugin.ActionHandler;

import java.util.List;

/** The actions behind the REST endpoints, and those of the cluster manager that they and the tasks use. */
public final class FollowActions {

    private FollowActions() {}

    /** For {@code ActionPlugin.getActions}. */
    public static List<ActionHandler<? extends ActionRequest, ? extends ActionResponse>> handlers() {
        return List.of(
            new ActionHandler<>(StartAction.INSTANCE, StartAction.Transport.class),
            new ActionHandler<>(StopAction.INSTANCE, StopAction.Transport.class),
            new ActionHandler<>(FailoverAction.INSTANCE, FailoverAction.Transport.class),
            new ActionHandler<>(InternalStopAction.INSTANCE, InternalStopAction.Transport.class),
            new ActionHandler<>(PauseAction.INSTANCE, PauseAction.Transport.class),
            new ActionHandler<>(ResumeAction.INSTANCE, ResumeAction.Transport.class),
            new ActionHandler<>(PreflightAction.INSTANCE, PreflightAction.Transport.class),
            new ActionHandler<>(VerifyAction.INSTANCE, VerifyAction.Transport.class),
            new ActionHandler<>(UpdateAction.INSTANCE, UpdateAction.Transport.class),
            new ActionHandler<>(LeaderStatsAction.INSTANCE, LeaderStatsAction.Transport.class),
            new ActionHandler<>(FollowerStatsAction.INSTANCE, FollowerStatsAction.Transport.class),
            new ActionHandler<>(CreateAction.INSTANCE, CreateAction.Transport.class),
            new ActionHandler<>(StateAction.INSTANCE, StateAction.Transport.class),
            new ActionHandler<>(DeleteFollowersAction.INSTANCE, DeleteFollowersAction.Transport.class),
            new ActionHandler<>(ReleaseAction.INSTANCE, ReleaseAction.Transport.class),
            new ActionHandler<>(ApplyMetadataAction.INSTANCE, ApplyMetadataAction.Transport.class),
            new ActionHandler<>(ReopenAction.INSTANCE, ReopenAction.Transport.class)
        );
    }
}
