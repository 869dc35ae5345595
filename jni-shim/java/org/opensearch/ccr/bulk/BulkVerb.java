package org.opensearch.ccr.bulk;

/** What may be done to many indices at once. */
public enum BulkVerb {
    START("start"),
    STOP("stop"),
    PAUSE("pause"),
    RESUME("resume");

    private final String word;

    BulkVerb(String word) {
        this.word = word;
    }

    /** In paths and messages. */
    public String word() {
        return word;
    }

    /** The word of the contract for a task of this verb. */
    String operationType() {
        return "bulk_" + word + "_replication";
    }

    String actionName() {
        return "cluster:admin/plugins/replication/bulk/" + word;
    }
}
