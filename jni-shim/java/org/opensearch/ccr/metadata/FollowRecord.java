package org.opensearch.ccr.metadata;

import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.common.settings.Settings;
import org.opensearch.index.seqno.SequenceNumbers;

import java.util.Objects;

/**
 * One replication as the metadata index keeps it.
 *
 * @param follower    follower index, also the document's id
 * @param alias       remote-cluster connection
 * @param leader      leader index
 * @param state       what is wanted
 * @param reason      why it is so, for people
 * @param roles       the roles it runs with
 * @param settings    the user's settings over the leader's
 * @param seqNo       of the document that was read, for the conditional update; unassigned when it is new
 * @param primaryTerm likewise
 */
public record FollowRecord(
    String follower,
    String alias,
    String leader,
    OverallState state,
    String reason,
    FollowRoles roles,
    Settings settings,
    long seqNo,
    long primaryTerm
) {
    /** The reason while nothing has happened. */
    public static final String USER_INITIATED = "User initiated";

    public FollowRecord {
        Objects.requireNonNull(follower);
        Objects.requireNonNull(alias);
        Objects.requireNonNull(leader);
        Objects.requireNonNull(state);
        Objects.requireNonNull(roles);
        Objects.requireNonNull(settings);
        reason = reason == null ? "" : reason;
    }

    public static FollowRecord running(String follower, String alias, String leader, FollowRoles roles, Settings settings) {
        return new FollowRecord(
            follower,
            alias,
            leader,
            OverallState.RUNNING,
            USER_INITIATED,
            roles,
            settings,
            SequenceNumbers.UNASSIGNED_SEQ_NO,
            SequenceNumbers.UNASSIGNED_PRIMARY_TERM
        );
    }

    public FollowRecord with(OverallState newState, String newReason) {
        return new FollowRecord(follower, alias, leader, newState, newReason, roles, settings, seqNo, primaryTerm);
    }

    /** The same with the user's settings replaced. */
    public FollowRecord with(Settings newSettings) {
        return new FollowRecord(follower, alias, leader, state, reason, roles, newSettings, seqNo, primaryTerm);
    }

    /** The same at the version that was just written. */
    FollowRecord at(long newSeqNo, long newPrimaryTerm) {
        return new FollowRecord(follower, alias, leader, state, reason, roles, settings, newSeqNo, newPrimaryTerm);
    }
}
