package org.opensearch.ccr.state;

import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.common.regex.Regex;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * One auto-follow rule as the cluster state keeps it.
 *
 * @param alias           remote-cluster connection
 * @param name            unique for the alias
 * @param patterns        at least one; a leader index is meant when any of them matches it
 * @param exclusions      a leader index that any of these matches is not meant
 * @param followerPattern how followers are called, with {@link #PLACEHOLDER} for the leader index; null for the same name
 * @param roles           in whose name the leader is asked and replications run; its user is who made or changed the rule last
 * @param settings        over the leader's, for each follower
 * @param hidden          whether hidden indices and those with a leading dot are meant, too
 * @param system          whether system indices are meant, too
 * @param followers       whether indices that are followers themselves are meant, too
 * @param pause           why it is paused; null while it is in force
 * @param version         grows with each change by a user
 * @param tombstones      follower name to what must not come back
 */
public record Rule(
    String alias,
    String name,
    List<String> patterns,
    List<String> exclusions,
    String followerPattern,
    FollowRoles roles,
    Settings settings,
    boolean hidden,
    boolean system,
    boolean followers,
    String pause,
    long version,
    Map<String, Tombstone> tombstones
) implements Writeable {

    public static final String PLACEHOLDER = "{{leader_index}}";

    public Rule {
        Objects.requireNonNull(alias);
        Objects.requireNonNull(name);
        Objects.requireNonNull(roles);
        Objects.requireNonNull(settings);
        patterns = List.copyOf(patterns);
        exclusions = List.copyOf(exclusions);
        tombstones = Map.copyOf(tombstones);
    }

    public Rule(StreamInput in) throws IOException {
        this(
            in.readString(),
            in.readString(),
            in.readStringList(),
            in.readStringList(),
            in.readOptionalString(),
            new FollowRoles(in),
            Settings.readSettingsFromStream(in),
            in.readBoolean(),
            in.readBoolean(),
            in.readBoolean(),
            in.readOptionalString(),
            in.readVLong(),
            in.readMap(StreamInput::readString, Tombstone::new)
        );
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(alias);
        out.writeString(name);
        out.writeStringCollection(patterns);
        out.writeStringCollection(exclusions);
        out.writeOptionalString(followerPattern);
        roles.writeTo(out);
        Settings.writeSettingsToStream(settings, out);
        out.writeBoolean(hidden);
        out.writeBoolean(system);
        out.writeBoolean(followers);
        out.writeOptionalString(pause);
        out.writeVLong(version);
        out.writeMap(tombstones, StreamOutput::writeString, (o, tombstone) -> tombstone.writeTo(o));
    }

    public boolean paused() {
        return pause != null;
    }

    /** How the follower of a leader index is called. */
    public String followerOf(String leader) {
        return followerPattern == null ? leader : followerPattern.replace(PLACEHOLDER, leader);
    }

    public boolean matches(String leader) {
        return Regex.simpleMatch(patterns, leader);
    }

    /** The first exclusion that a leader index falls under, null for none. */
    public String exclusionOf(String leader) {
        return exclusions.stream().filter(exclusion -> Regex.simpleMatch(exclusion, leader)).findFirst().orElse(null);
    }

    /** Whether a follower of this name can be one of this rule's. */
    boolean mayHaveMade(String follower) {
        return patterns.stream().anyMatch(pattern -> Regex.simpleMatch(followerOf(pattern), follower));
    }

    /** In the name of this user, who was found to be allowed to have it. */
    public Rule by(String user) {
        return new Rule(
            alias,
            name,
            patterns,
            exclusions,
            followerPattern,
            roles.by(user),
            settings,
            hidden,
            system,
            followers,
            pause,
            version,
            tombstones
        );
    }

    public Rule paused(String reason) {
        return with(reason, version + 1, tombstones);
    }

    public Rule versioned(long newVersion, Map<String, Tombstone> kept) {
        return with(pause, newVersion, kept);
    }

    private Rule with(String newPause, long newVersion, Map<String, Tombstone> kept) {
        return new Rule(
            alias,
            name,
            patterns,
            exclusions,
            followerPattern,
            roles,
            settings,
            hidden,
            system,
            followers,
            newPause,
            newVersion,
            kept
        );
    }

    /** With the tombstones of these followers alone. */
    public Rule buriedOnly(Set<String> followers) {
        Map<String, Tombstone> kept = new HashMap<>(tombstones);
        kept.keySet().retainAll(followers);
        return versioned(version, kept);
    }

    /** With the follower's tombstone, or without it when that is null; the same object when nothing changes. */
    Rule buried(String follower, Tombstone tombstone) {
        if (Objects.equals(tombstones.get(follower), tombstone)) {
            return this;
        }
        Map<String, Tombstone> changed = new HashMap<>(tombstones);
        if (tombstone == null) {
            changed.remove(follower);
        } else {
            changed.put(follower, tombstone);
        }
        return versioned(version, changed);
    }
}
