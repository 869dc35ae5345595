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
 *
 * @param user who started it, for audit logs; null when nobody may be named. Rights come from the roles alone
 */
public record FollowRoles(String leader, String follower, String user) implements Writeable {

    public static final FollowRoles NONE = new FollowRoles(null, null);
    private static final int USER_MAX = 256;

    public FollowRoles(String leader, String follower) {
        this(leader, follower, null);
    }

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
        user = leader != null && nameable(user) ? user : null;
    }

    /**
     * A name with a sign of its own meaning is not passed on: a vertical bar would end it, and one that looks like a
     * certificate's could be taken for an administrator's on the other cluster.
     */
    private static boolean nameable(String user) {
        return user != null
            && user.isBlank() == false
            && user.length() <= USER_MAX
            && user.chars().noneMatch(c -> c == '|' || c == '=' || c == '\\' || c < ' ');
    }

    /** The same roles in the name of this user. */
    public FollowRoles by(String name) {
        return new FollowRoles(leader, follower, name);
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
        this(in.readOptionalString(), in.readOptionalString(), in.readOptionalString());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeOptionalString(leader);
        out.writeOptionalString(follower);
        out.writeOptionalString(user);
    }

    /** Whether an identity has to be injected. */
    public boolean present() {
        return leader != null;
    }
}
