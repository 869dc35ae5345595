package org.opensearch.ccr.common;

import org.opensearch.action.support.nodes.BaseNodeResponse;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;
import java.util.List;

/** What one node has to say to a {@link NodesTransport}. */
public final class NodeParts<T extends Writeable> extends BaseNodeResponse {

    private final List<T> parts;

    NodeParts(DiscoveryNode node, List<T> parts) {
        super(node);
        this.parts = parts;
    }

    NodeParts(StreamInput in, Writeable.Reader<T> reader) throws IOException {
        super(in);
        parts = in.readList(reader);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeList(parts);
    }

    List<T> parts() {
        return parts;
    }
}
