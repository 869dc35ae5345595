package org.opensearch.ccr.leader;

import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.tasks.Task;
import org.opensearch.transport.TransportActionProxy;
import org.opensearch.transport.TransportService;

/** Says yes to whoever got here. */
public final class TransportSetupValidateAction extends HandledTransportAction<SetupValidateRequest, AcknowledgedResponse> {

    @Inject
    public TransportSetupValidateAction(TransportService transportService, ActionFilters filters) {
        super(SetupValidateAction.NAME, transportService, filters, SetupValidateRequest::new);
        TransportActionProxy.registerProxyAction(transportService, SetupValidateAction.NAME, AcknowledgedResponse::new);
    }

    @Override
    protected void doExecute(Task task, SetupValidateRequest request, ActionListener<AcknowledgedResponse> listener) {
        listener.onResponse(new AcknowledgedResponse(true));
    }
}
