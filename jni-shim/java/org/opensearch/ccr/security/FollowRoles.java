package org.opensearch.ccr.security;

import org.opensearch.core.common.Strings;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;

/**
 * The security roles that a replication runs with: one name on the leader, one on the follower. Either both are named or
 * none ({@link #NONE}: no Security plugin stood in the way when the replication was started).
 */
public record FollowRoles(String leader, String follower) implements Writeable {

    public static final FollowRoles NONE = new FollowRoles(null, null);

    /** @throws IllegalArgumentException when only one of the two is named: half an identity would run as nobody, that is, as anybody */
    public FollowRoles {
        leader = Strings.isNullOrEmpty(leader) ? null : leader;
        follower = Strings.isNullOrEmpty(follower) ? null : follower;
        if ((leader == null) != (follower == null)) {
            throw new IllegalArgumentException("Need roles for leader_cluster_role and follower_cluster_role");
        }
    }

    public FollowRoles(StreamInput in) throws IOException {
        this(in.readOptionalString(), in.readOptionalString());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeOptionalString(leader);
        out.writeOptionalString(follower);
    }

    /** Whether an identity has to be injected. */
    public boolean present() {
        return leader != null;
    }
}
