package org.opensearch.ccr.metadata;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;

import java.io.IOException;

/** Opens a follower that is closed: the cluster manager that had closed it to take settings over may have gone before it was open. */
public final class ReopenAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "internal:indices/admin/plugins/replication/index/reopen";
    public static final ReopenAction INSTANCE = new ReopenAction();

    private ReopenAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Request extends AcknowledgedRequest<Request> {
        private final String follower;

        public Request(String follower) {
            this.follower = follower;
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            follower = in.readString();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(follower);
        }

        @Override
        public ActionRequestValidationException validate() {
            return null;
        }
    }

    public static final class Transport extends ManagerTransport<Request, AcknowledgedResponse> {

        private final FollowerReopening reopening;

        @Inject
        public Transport(Services services, FollowerReopening reopening) {
            super(NAME, services, Request::new, AcknowledgedResponse::new);
            this.reopening = reopening;
        }

        @Override
        protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            IndexMetadata index = state.metadata().index(request.follower);
            if (index == null || CcrSettings.isFollower(index.getSettings()) == false) {
                listener.onResponse(new AcknowledgedResponse(true));
                return;
            }
            reopening.open(request, index.getIndex(), ActionListener.map(listener, open -> new AcknowledgedResponse(true)));
        }
    }
}
