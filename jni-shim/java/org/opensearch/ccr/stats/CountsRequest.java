package org.opensearch.ccr.stats;

import org.opensearch.action.support.nodes.BaseNodesRequest;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.transport.TransportRequest;

import java.io.IOException;

/** Asks every node of this cluster for what it has counted. */
public final class CountsRequest extends BaseNodesRequest<CountsRequest> {

    public CountsRequest() {
        super(new String[0]);
    }

    CountsRequest(StreamInput in) throws IOException {
        super(in);
    }

    /** The same for one node. */
    static final class OfNode extends TransportRequest {
        OfNode() {}

        OfNode(StreamInput in) throws IOException {
            super(in);
        }
    }
}
