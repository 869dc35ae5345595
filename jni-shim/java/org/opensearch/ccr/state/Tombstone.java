package org.opensearch.ccr.state;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;

/**
 * A follower that was stopped or deleted on purpose, which its rule must not bring back. It goes when somebody starts that
 * replication again, when somebody takes it away, or when the leader index is known to be gone.
 *
 * @param leader      name of the leader index that was followed; empty when that is not known any more
 * @param leaderUuid  which one of that name; empty when that is not known any more, which stands for each of the name
 * @param sinceMillis wall clock
 */
public record Tombstone(String leader, String leaderUuid, long sinceMillis) implements Writeable {

    public Tombstone(StreamInput in) throws IOException {
        this(in.readString(), in.readString(), in.readVLong());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(leader);
        out.writeString(leaderUuid);
        out.writeVLong(sinceMillis);
    }

    /** Whether it is about this leader index; another one of the same name was made anew and is followed. */
    public boolean covers(String uuid) {
        return leaderUuid.isEmpty() || leaderUuid.equals(uuid);
    }
}
