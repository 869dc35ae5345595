package org.opensearch.ccr.common;

import org.opensearch.action.support.nodes.BaseNodesRequest;
import org.opensearch.core.common.io.stream.StreamInput;

import java.io.IOException;

/** Asks every node of this cluster; there is nothing more to say. */
public final class EveryNode extends BaseNodesRequest<EveryNode> {

    public EveryNode() {
        super(new String[0]);
    }

    public EveryNode(StreamInput in) throws IOException {
        super(in);
    }
}
