package org.opensearch.ccr.status;

import org.opensearch.ccr.leader.LeaderFigures;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;
import java.util.List;

/**
 * What a node does for followers.
 *
 * @param node        its name
 * @param parkedPolls fetches of followers that wait there for something new
 * @param bootstraps  that are served there
 */
record NodeFigures(String node, List<LeaderFigures> leaders, int parkedPolls, int bootstraps) implements Writeable {

    NodeFigures(StreamInput in) throws IOException {
        this(in.readString(), in.readList(LeaderFigures::new), in.readVInt(), in.readVInt());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(node);
        out.writeList(leaders);
        out.writeVInt(parkedPolls);
        out.writeVInt(bootstraps);
    }
}
