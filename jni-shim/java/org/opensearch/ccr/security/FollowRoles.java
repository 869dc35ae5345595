package org.opensearch.ccr.security;

import org.opensearch.action.ActionRequestValidationException;
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

    /**
     * @throws IllegalArgumentException when only one of the two is named, or one has a name that would be taken for no role or
     *                                  for several: half an identity would run as nobody, that is, as anybody
     */
    public FollowRoles {
        leader = Strings.isNullOrEmpty(leader) ? null : leader;
        follower = Strings.isNullOrEmpty(follower) ? null : follower;
        if ((leader == null) != (follower == null)) {
            throw new IllegalArgumentException("Need roles for leader_cluster_role and follower_cluster_role");
        }
        check(leader);
        check(follower);
    }

    /** Adds what is wrong with a role's name. */
    public static void validate(String role, ActionRequestValidationException errors) {
        if (role.isBlank() || role.chars().anyMatch(c -> c == ',' || c == '|' || c < ' ')) {
            errors.addValidationError(
                "role [" + role + "] must be the name of one role: not blank, without comma, vertical bar and control characters"
            );
        }
    }

    private static void check(String role) {
        ActionRequestValidationException errors = new ActionRequestValidationException();
        if (role != null) {
            validate(role, errors);
        }
        if (errors.validationErrors().isEmpty() == false) {
            throw errors;
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
