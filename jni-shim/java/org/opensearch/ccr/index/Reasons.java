package org.opensearch.ccr.index;

import org.opensearch.ExceptionsHelper;

/** Words for people on why a replication stands as it stands. */
public final class Reasons {

    private Reasons() {}

    /** What went wrong, in one line. */
    public static String of(Exception e) {
        Throwable cause = ExceptionsHelper.unwrapCause(e);
        String text = cause.getMessage();
        return text == null || text.isEmpty() ? cause.getClass().getSimpleName() : text;
    }
}
