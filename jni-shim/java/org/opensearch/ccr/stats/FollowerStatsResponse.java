package org.opensearch.ccr.stats;

import org.opensearch.action.FailedNodeException;
import org.opensearch.ccr.common.NodeParts;
import org.opensearch.ccr.common.NodesAnswer;
import org.opensearch.cluster.ClusterName;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The answer of {@code follower_stats}: exactly the sixteen fields of the API contract. */
public final class FollowerStatsResponse extends NodesAnswer<FollowerCounts> implements ToXContentObject {

    private final FollowerTotals totals;

    FollowerStatsResponse(
        ClusterName name,
        List<NodeParts<FollowerCounts>> nodes,
        List<FailedNodeException> failures,
        FollowerTotals totals
    ) {
        super(name, nodes, failures);
        this.totals = totals;
    }

    FollowerStatsResponse(StreamInput in) throws IOException {
        super(in);
        totals = new FollowerTotals(in);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        totals.writeTo(out);
    }

    @Override
    protected Writeable.Reader<FollowerCounts> reader() {
        return FollowerCounts::new;
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        Map<String, FollowerCounts> indices = new TreeMap<>();
        parts().forEach(shard -> indices.merge(shard.index(), shard, FollowerCounts::plus));
        builder.startObject();
        builder.field("num_syncing_indices", totals.syncing());
        builder.field("num_bootstrapping_indices", totals.bootstrapping());
        builder.field("num_paused_indices", totals.paused());
        builder.field("num_failed_indices", totals.failed());
        builder.field("num_shard_tasks", totals.shardTasks());
        builder.field("num_index_tasks", totals.indexTasks());
        indices.values().stream().reduce(FollowerCounts.NONE, FollowerCounts::plus).fields(builder);
        builder.startObject("index_stats");
        for (Map.Entry<String, FollowerCounts> index : indices.entrySet()) {
            builder.startObject(index.getKey());
            index.getValue().fields(builder);
            builder.endObject();
        }
        return builder.endObject().endObject();
    }
}
