package org.opensearch.ccr.leader;

import org.opensearch.action.ActionType;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;

/**
 * Whether the Security plugin lets it pass is the answer. Runs on the leader and on the follower. On the leader it also tells
 * which indices there are to follow: under one action, because the stock roles of the Security plugin grant no other that fits.
 * Answers a {@link SetupValidateResponse}.
 */
public final class SetupValidateAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/setup/validate";
    public static final SetupValidateAction INSTANCE = new SetupValidateAction();

    private SetupValidateAction() {
        super(NAME, SetupValidateResponse::new);
    }
}
