package org.opensearch.ccr.metadata;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.IndicesRequest;
import org.opensearch.action.admin.indices.mapping.put.PutMappingClusterStateUpdateRequest;
import org.opensearch.action.support.IndicesOptions;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.MetadataMappingService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.Index;

import java.io.IOException;

/**
 * Merges the leader's mapping into a follower's. It calls the mapping service itself, because the write block of the follower
 * stands in the way of everybody else.
 */
public final class PutMappingAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/update_metadata";
    public static final PutMappingAction INSTANCE = new PutMappingAction();

    private PutMappingAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    /** The follower index and the leader's whole mapping. */
    public static final class Request extends AcknowledgedRequest<Request> implements IndicesRequest {
        private final Index follower;
        private final String mapping;

        public Request(Index follower, String mapping) {
            this.follower = follower;
            this.mapping = mapping;
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            follower = new Index(in);
            mapping = in.readString();
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            follower.writeTo(out);
            out.writeString(mapping);
        }

        @Override
        public ActionRequestValidationException validate() {
            return null;
        }

        @Override
        public String[] indices() {
            return new String[] { follower.getName() };
        }

        @Override
        public IndicesOptions indicesOptions() {
            return IndicesOptions.strictSingleIndexNoExpandForbidClosed();
        }
    }

    public static final class Transport extends ManagerTransport<Request, AcknowledgedResponse> {
        private final MetadataMappingService mappings;

        @Inject
        public Transport(Services services, MetadataMappingService mappings) {
            super(NAME, services, Request::new, AcknowledgedResponse::new);
            this.mappings = mappings;
        }

        @Override
        protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            PutMappingClusterStateUpdateRequest update = new PutMappingClusterStateUpdateRequest(request.mapping).indices(
                new Index[] { request.follower }
            ).ackTimeout(request.timeout()).clusterManagerNodeTimeout(request.clusterManagerNodeTimeout());
            mappings.putMapping(update, ActionListener.map(listener, answer -> new AcknowledgedResponse(answer.isAcknowledged())));
        }
    }
}
