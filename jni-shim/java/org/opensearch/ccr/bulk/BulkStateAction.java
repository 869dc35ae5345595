package org.opensearch.ccr.bulk;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.action.support.clustermanager.ClusterManagerNodeRequest;
import org.opensearch.ccr.metadata.ManagerTransport;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.tasks.TaskId;

import java.io.IOException;

/**
 * Notes in the cluster state that a bulk task begins or has ended. The first is refused while another one runs, whatever node
 * that is on.
 */
public final class BulkStateAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "cluster:admin/plugins/replication/bulk/state/update";
    public static final BulkStateAction INSTANCE = new BulkStateAction();

    private BulkStateAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    static final class Request extends ClusterManagerNodeRequest<Request> {
        private final BulkStates wanted;

        Request(TaskId task, DiscoveryNode node, BulkProgress progress) {
            wanted = new BulkStates(task, node.getEphemeralId(), progress);
        }

        Request(StreamInput in) throws IOException {
            super(in);
            wanted = new BulkStates(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            wanted.writeTo(out);
        }

        @Override
        public ActionRequestValidationException validate() {
            return null;
        }
    }

    public static final class Transport extends ManagerTransport<Request, AcknowledgedResponse> {

        @Inject
        public Transport(Services services) {
            super(NAME, services, Request::new, AcknowledgedResponse::new);
        }

        @Override
        protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            update("bulk-replication [" + request.wanted.task() + "]", request, current -> changed(current, request.wanted), listener);
        }

        private static ClusterState changed(ClusterState current, BulkStates wanted) {
            BulkStates now = BulkStates.of(current);
            if (now != null && now.task().equals(wanted.task()) == false && now.runs(current)) {
                throw new IllegalArgumentException("A bulk replication task is already running. Only one bulk task is allowed at a time.");
            }
            Metadata.Builder metadata = Metadata.builder(current.metadata()).putCustom(BulkStates.TYPE, wanted);
            return ClusterState.builder(current).metadata(metadata).build();
        }
    }
}
