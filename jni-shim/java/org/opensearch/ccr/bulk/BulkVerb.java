package org.opensearch.ccr.bulk;

/** What may be done to many indices at once. */
public enum BulkVerb {
    START("start", "started"),
    STOP("stop", "stopped"),
    PAUSE("pause", "paused"),
    RESUME("resume", "started");

    private final String word;
    private final String done;

    BulkVerb(String word, String done) {
        this.word = word;
        this.done = done;
    }

    /** In paths and messages. */
    public String word() {
        return word;
    }

    /** The word of the contract for a task of this verb. */
    String operationType() {
        return "bulk_" + word + "_replication";
    }

    /** What is told of an index that has not come to its end in time. */
    String unconfirmed() {
        return "Timed out waiting for replication to confirm " + done
            + ". Replication may still be in progress — check index status.";
    }

    String actionName() {
        return "cluster:admin/plugins/replication/bulk/" + word;
    }
}
