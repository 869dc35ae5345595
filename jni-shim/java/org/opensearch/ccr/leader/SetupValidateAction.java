package org.opensearch.ccr.leader;

import org.opensearch.action.ActionType;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;

/** Does nothing: whether the Security plugin lets it pass is the answer. Runs on the leader and on the follower. */
public final class SetupValidateAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/setup/validate";
    public static final SetupValidateAction INSTANCE = new SetupValidateAction();

    private SetupValidateAction() {
        super(NAME, AcknowledgedResponse::new);
    }
}
