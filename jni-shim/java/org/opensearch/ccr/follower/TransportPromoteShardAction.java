package org.opensearch.ccr.follower;

import org.opensearch.action.support.ActionFilters;
import org.opensearch.common.inject.Inject;
import org.opensearch.transport.TransportService;

/** Ends what a shard has of a follower, for whoever may: see {@link TransportPromoteCopiesAction}. */
public final class TransportPromoteShardAction extends CheckedReplication<PromoteShardRequest, PromoteShardResponse> {

    @Inject
    public TransportPromoteShardAction(TransportService transport, ActionFilters filters, TransportPromoteCopiesAction copies) {
        super(PromoteShardAction.NAME, transport, filters, PromoteShardRequest::new, copies::run);
    }
}
