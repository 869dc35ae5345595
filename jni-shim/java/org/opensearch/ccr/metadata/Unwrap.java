package org.opensearch.ccr.metadata;

import org.opensearch.ExceptionsHelper;

/** Takes the envelopes off that the transport layer puts around another node's exception. */
public final class Unwrap {

    private Unwrap() {}

    public static Exception cause(Exception e) {
        return ExceptionsHelper.unwrapCause(e) instanceof Exception cause ? cause : e;
    }
}
