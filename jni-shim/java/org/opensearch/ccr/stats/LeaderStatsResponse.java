package org.opensearch.ccr.stats;

import org.opensearch.action.FailedNodeException;
import org.opensearch.ccr.common.NodeParts;
import org.opensearch.ccr.common.NodesAnswer;
import org.opensearch.cluster.ClusterName;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The answer of {@code leader_stats}: exactly the nine fields of the API contract. */
public final class LeaderStatsResponse extends NodesAnswer<LeaderCounts> implements ToXContentObject {

    LeaderStatsResponse(ClusterName name, List<NodeParts<LeaderCounts>> nodes, List<FailedNodeException> failures) {
        super(name, nodes, failures);
    }

    LeaderStatsResponse(StreamInput in) throws IOException {
        super(in);
    }

    @Override
    protected Writeable.Reader<LeaderCounts> reader() {
        return LeaderCounts::new;
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        Map<String, LeaderCounts> indices = new TreeMap<>();
        parts().forEach(shard -> indices.merge(shard.index(), shard, LeaderCounts::plus));
        builder.startObject();
        builder.field("num_replicated_indices", indices.size());
        indices.values().stream().reduce(LeaderCounts.NONE, LeaderCounts::plus).fields(builder);
        builder.startObject("index_stats");
        for (Map.Entry<String, LeaderCounts> index : indices.entrySet()) {
            builder.startObject(index.getKey());
            index.getValue().fields(builder);
            builder.endObject();
        }
        return builder.endObject().endObject();
    }
}
