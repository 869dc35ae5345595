package org.opensearch.ccr.autofollow;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.ccr.action.IndexNames;
import org.opensearch.ccr.leader.Listing;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.state.Rule;
import org.opensearch.ccr.state.RuleSet;
import org.opensearch.ccr.state.Tombstone;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;

/**
 * What a rule makes of one leader index, and why. Depends on nothing but its arguments, so a dry run tells what the task would do.
 *
 * @param follower what the follower is or would be called
 */
public record Choice(Listing.Index leader, String follower, Verdict verdict, String reason) implements Writeable {

    /** What to do about a leader index. */
    public enum Verdict {
        /** Start it. */
        FOLLOW,
        /** Is followed already, by whomever it was started. */
        FOLLOWED,
        /** Its copy failed: end what is left of it and start it again. */
        AGAIN,
        /** Will be followed when something is over that is over soon. */
        WAIT,
        /** Would be followed, were there not something on this cluster that a person has to put away. */
        CONFLICT,
        /** Is not meant. */
        LEAVE
    }

    public Choice(StreamInput in) throws IOException {
        this(new Listing.Index(in), in.readString(), in.readEnum(Verdict.class), in.readString());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        leader.writeTo(out);
        out.writeString(follower);
        out.writeEnum(verdict);
        out.writeString(reason);
    }

    /** @param state of this cluster, which has or will have the followers */
    static Choice of(Rule rule, Listing.Index leader, ClusterState state) {
        String follower = rule.followerOf(leader.name());
        String left = whyNotMeant(rule, leader);
        if (left != null) {
            return new Choice(leader, follower, Verdict.LEAVE, left);
        }
        Choice there = ofFollower(rule, leader, follower, state);
        if (there != null) {
            return there;
        }
        Tombstone tombstone = rule.tombstones().get(follower);
        if (tombstone != null && tombstone.covers(leader.uuid())) {
            return new Choice(leader, follower, Verdict.LEAVE, "its follower was stopped or deleted on purpose");
        }
        String wrong = wrongName(rule, follower);
        if (wrong != null) {
            return new Choice(leader, follower, Verdict.CONFLICT, wrong);
        }
        String taken = whyTaken(state.metadata(), follower);
        if (taken != null) {
            return new Choice(leader, follower, Verdict.CONFLICT, taken);
        }
        if (leader.active() == false) {
            return new Choice(leader, follower, Verdict.WAIT, "not all primary shards of the leader index are active yet");
        }
        return new Choice(leader, follower, Verdict.FOLLOW, "");
    }

    private static String whyNotMeant(Rule rule, Listing.Index leader) {
        String name = leader.name();
        if (rule.matches(name) == false) {
            return "no pattern of the rule matches it";
        }
        String exclusion = rule.exclusionOf(name);
        if (exclusion != null) {
            return "it is excluded by [" + exclusion + "]";
        }
        boolean dot = name.startsWith(".");
        if (leader.system() && rule.system() == false) {
            return "it is a system index, and the rule does not say include_system";
        }
        if (leader.system() == false && rule.hidden() == false && (leader.hidden() || dot)) {
            return (dot ? "its name starts with a dot" : "it is hidden") + ", and the rule does not say include_hidden";
        }
        if (leader.open() == false) {
            return "it is closed on the leader";
        }
        if (leader.follower() && rule.followers() == false) {
            return "it is a follower itself, and the rule does not say include_followers";
        }
        if (leader.softDeletes() == false) {
            return "its setting index.soft_deletes.enabled is false";
        }
        return null;
    }

    /** What there is of a replication to this follower; null for nothing. */
    private static Choice ofFollower(Rule rule, Listing.Index leader, String follower, ClusterState state) {
        ReplicationStates.Entry entry = ReplicationStates.of(state).get(follower);
        if (entry == null) {
            return null;
        }
        String origin = RuleSet.leaderName(state, follower);
        boolean own = entry.alias().equals(rule.alias()) && (origin == null || origin.equals(leader.name()));
        if (own == false) {
            String from = entry.alias() + ":" + (origin == null ? "?" : origin);
            return new Choice(leader, follower, Verdict.CONFLICT, "[" + follower + "] is the follower of [" + from + "]");
        }
        boolean nothingLeft = entry.state() == OverallState.FAILED && state.metadata().hasIndex(follower) == false;
        return new Choice(leader, follower, nothingLeft ? Verdict.AGAIN : Verdict.FOLLOWED, "");
    }

    private static String wrongName(Rule rule, String follower) {
        ActionRequestValidationException errors = new ActionRequestValidationException();
        IndexNames.validate(follower, rule.hidden() || rule.system(), errors);
        return errors.validationErrors().isEmpty() ? null : String.join("; ", errors.validationErrors());
    }

    private static String whyTaken(Metadata metadata, String follower) {
        if (metadata.hasIndex(follower)) {
            return "Cant use same index again for replication. Delete the index:" + follower;
        }
        if (metadata.hasAlias(follower) || metadata.dataStreams().containsKey(follower)) {
            return "[" + follower + "] is the name of an alias or a data stream here";
        }
        return null;
    }
}
