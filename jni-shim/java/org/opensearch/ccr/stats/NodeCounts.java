package org.opensearch.ccr.stats;

import org.opensearch.action.support.nodes.BaseNodeResponse;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;
import java.util.List;

/** What one node has counted, shard by shard. */
final class NodeCounts<T extends Writeable> extends BaseNodeResponse {

    private final List<T> shards;

    NodeCounts(DiscoveryNode node, List<T> shards) {
        super(node);
        this.shards = shards;
    }

    NodeCounts(StreamInput in, Writeable.Reader<T> reader) throws IOException {
        super(in);
        shards = in.readList(reader);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeList(shards);
    }

    List<T> shards() {
        return shards;
    }
}
