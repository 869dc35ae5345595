package org.opensearch.ccr.leader;

import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.tasks.Task;
import org.opensearch.transport.TransportService;

/** Says yes to whoever got here, and tells it the indices that it may see when it asks for them. */
public final class TransportSetupValidateAction extends HandledTransportAction<SetupValidateRequest, AcknowledgedResponse> {

    private final LeaderIndices indices;

    @Inject
    public TransportSetupValidateAction(TransportService transportService, ActionFilters filters, LeaderIndices indices) {
        super(SetupValidateAction.NAME, transportService, filters, SetupValidateRequest::new);
        this.indices = indices;
    }

    @Override
    protected void doExecute(Task task, SetupValidateRequest request, ActionListener<AcknowledgedResponse> listener) {
        if (request.listing() == null) {
            listener.onResponse(new SetupValidateResponse((Listing) null));
        } else {
            indices.list(request.listing(), request.allowed(), ActionListener.map(listener, SetupValidateResponse::new));
        }
    }
}
