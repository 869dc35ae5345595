package org.opensearch.ccr.stats;

import org.opensearch.ccr.follower.ShardFollowParams;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.state.FollowTasks;
import org.opensearch.ccr.state.IndexFollowState.Phase;
import org.opensearch.cluster.ClusterState;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.persistent.PersistentTasksCustomMetadata;

import java.io.IOException;

/** How many indices are followed, by state, and how many tasks there are. */
record FollowerTotals(int syncing, int bootstrapping, int paused, int failed, int shardTasks, int indexTasks) implements Writeable {

    static FollowerTotals of(ClusterState state) {
        int syncing = 0;
        int bootstrapping = 0;
        int paused = 0;
        int failed = 0;
        for (var entry : ReplicationStates.of(state).entries().entrySet()) {
            switch (entry.getValue().state()) {
                case RUNNING -> {
                    if (FollowTasks.phase(state, entry.getKey()) == Phase.FOLLOWING) {
                        syncing++;
                    } else {
                        bootstrapping++;
                    }
                }
                case PAUSED -> paused++;
                case FAILED -> failed++;
                case STOPPED -> {}
            }
        }
        PersistentTasksCustomMetadata tasks = PersistentTasksCustomMetadata.getPersistentTasksCustomMetadata(state);
        int shards = tasks == null ? 0 : tasks.findTasks(ShardFollowParams.NAME, task -> true).size();
        int indices = tasks == null ? 0 : tasks.findTasks(FollowTasks.INDEX_TASK, task -> true).size();
        return new FollowerTotals(syncing, bootstrapping, paused, failed, shards, indices);
    }

    FollowerTotals(StreamInput in) throws IOException {
        this(in.readVInt(), in.readVInt(), in.readVInt(), in.readVInt(), in.readVInt(), in.readVInt());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeVInt(syncing);
        out.writeVInt(bootstrapping);
        out.writeVInt(paused);
        out.writeVInt(failed);
        out.writeVInt(shardTasks);
        out.writeVInt(indexTasks);
    }
}
