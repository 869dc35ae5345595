package org.opensearch.ccr.bulk;

import org.opensearch.action.ActionType;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.common.inject.Inject;

/** {@code _task_cancel}: a bulk task begins no further index; what it has begun comes to its end. */
public final class BulkTaskCancelAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "cluster:admin/plugins/replication/bulk/task/cancel";
    public static final BulkTaskCancelAction INSTANCE = new BulkTaskCancelAction();

    private BulkTaskCancelAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Transport extends BulkTaskTransport<AcknowledgedResponse> {
        @Inject
        public Transport(Services services) {
            super(NAME, services, AcknowledgedResponse::new);
        }

        @Override
        protected AcknowledgedResponse here(long id) {
            BulkTask task = services.tasks().running(id);
            if (task == null) {
                return null;
            }
            taskManager.cancel(task, "by request", () -> {});
            return new AcknowledgedResponse(true);
        }

        @Override
        protected AcknowledgedResponse remembered(BulkProgress progress) {
            return null;
        }
    }
}
