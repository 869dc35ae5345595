package org.opensearch.ccr.security;

import org.opensearch.ExceptionsHelper;
import org.opensearch.OpenSearchException;
import org.opensearch.OpenSearchSecurityException;
import org.opensearch.core.rest.RestStatus;

import java.util.List;

/** Refusals of the Security plugin, which name an action and not which cluster refused it: whoever grants must know where. */
public final class Refusals {

    /** Metadata of a refusal that names its side: each missing permission as {@code side: permission}. */
    private static final String MISSING = "opensearch.ccr.missing_permissions";

    private Refusals() {}

    /** The refusal with its side; what is none, or has one, as it is. */
    public static Exception on(String side, String action, Exception e) {
        OpenSearchSecurityException refusal = (OpenSearchSecurityException) ExceptionsHelper.unwrap(e, OpenSearchSecurityException.class);
        if (refusal == null || refusal.status() != RestStatus.FORBIDDEN || isSided(refusal)) {
            return e;
        }
        return of("on the " + side + ": " + refusal.getMessage(), List.of(side + ": " + action));
    }

    /** Whether it was told already on which side. */
    public static boolean isSided(Exception e) {
        return ExceptionsHelper.unwrapCause(e) instanceof OpenSearchException told && told.getMetadata(MISSING) != null;
    }

    /** A refusal of our own, for the checks of a setup: {@code missing} as {@code side: permission}. */
    public static OpenSearchException of(String text, List<String> missing) {
        OpenSearchException refusal = new OpenSearchSecurityException(text, RestStatus.FORBIDDEN);
        refusal.addMetadata(MISSING, missing);
        return refusal;
    }
}
