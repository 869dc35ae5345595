package org.opensearch.ccr.metadata;

/** Versions of the leader's mapping, settings and aliases, as its index metadata counts them. */
public record LeaderVersions(long mapping, long settings, long aliases) {

    /** Nothing known yet. */
    public static final LeaderVersions NONE = new LeaderVersions(0, 0, 0);

    /** Whether each of these is at least the other's. */
    public boolean covers(LeaderVersions other) {
        return mapping >= other.mapping && settings >= other.settings && aliases >= other.aliases;
    }

    public LeaderVersions max(LeaderVersions other) {
        return new LeaderVersions(Math.max(mapping, other.mapping), Math.max(settings, other.settings), Math.max(aliases, other.aliases));
    }
}
