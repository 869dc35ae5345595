package org.opensearch.ccr.follower;

import org.opensearch.action.support.ActionFilters;
import org.opensearch.common.inject.Inject;
import org.opensearch.transport.TransportService;

/** Applies a batch of the leader's operations, for whoever may: see {@link TransportReplayCopiesAction}. */
public final class TransportReplayBatchAction extends CheckedReplication<ReplayBatchRequest, ReplayBatchResponse> {

    @Inject
    public TransportReplayBatchAction(TransportService transport, ActionFilters filters, TransportReplayCopiesAction copies) {
        super(ReplayBatchAction.NAME, transport, filters, ReplayBatchRequest::new, copies::run);
    }
}
