package org.opensearch.ccr.leader;

/** What the plugin registers for the leader; see the next commit. */
public final class LeaderSide {}
