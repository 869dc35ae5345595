package org.opensearch.ccr.stats;

import org.opensearch.action.FailedNodeException;
import org.opensearch.action.support.nodes.BaseNodesResponse;
import org.opensearch.cluster.ClusterName;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentObject;

import java.io.IOException;
import java.util.List;

/** What all nodes have counted. */
abstract class CountsResponse<T extends Writeable> extends BaseNodesResponse<NodeCounts<T>> implements ToXContentObject {

    CountsResponse(ClusterName name, List<NodeCounts<T>> nodes, List<FailedNodeException> failures) {
        super(name, nodes, failures);
    }

    CountsResponse(StreamInput in) throws IOException {
        super(in);
    }

    @Override
    protected final void writeNodesTo(StreamOutput out, List<NodeCounts<T>> nodes) throws IOException {
        out.writeList(nodes);
    }

    final List<T> shards() {
        return getNodes().stream().flatMap(node -> node.shards().stream()).toList();
    }
}
