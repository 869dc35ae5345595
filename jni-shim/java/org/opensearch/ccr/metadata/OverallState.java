package org.opensearch.ccr.metadata;

/** What a person wants or sees of one replication. The names stand in the metadata index and in the cluster state. */
public enum OverallState {
    RUNNING,
    PAUSED,
    STOPPED,
    FAILED
}
