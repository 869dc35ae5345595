package org.opensearch.ccr.common;

import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.nodes.BaseNodesResponse;
import org.opensearch.cluster.ClusterName;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;
import java.util.List;

/** What all nodes have to say to a {@link NodesTransport}; {@link #failures} names those that did not answer. */
public abstract class NodesAnswer<T extends Writeable> extends BaseNodesResponse<NodeParts<T>> {

    protected NodesAnswer(ClusterName name, List<NodeParts<T>> nodes, List<FailedNodeException> failures) {
        super(name, nodes, failures);
    }

    protected NodesAnswer(StreamInput in) throws IOException {
        super(in);
    }

    /** Reads a part. It is asked for while the answer is being constructed, so it may not depend on a field. */
    protected abstract Writeable.Reader<T> reader();

    /** Of all nodes. */
    public final List<T> parts() {
        return getNodes().stream().flatMap(node -> node.parts().stream()).toList();
    }

    @Override
    protected final List<NodeParts<T>> readNodesFrom(StreamInput in) throws IOException {
        return in.readList(node -> new NodeParts<>(node, reader()));
    }

    @Override
    protected final void writeNodesTo(StreamOutput out, List<NodeParts<T>> nodes) throws IOException {
        out.writeList(nodes);
    }
}
