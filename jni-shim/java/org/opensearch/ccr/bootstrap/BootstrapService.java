package org.opensearch.ccr.bootstrap;

import org.opensearch.core.action.ActionListener;

/** Signatures first; see the next commit. */
public final class BootstrapService {
    public void bootstrap(BootstrapRequest request, ActionListener<Void> listener) {
        throw new UnsupportedOperationException();
    }

    public boolean isRunning(String followerIndex) {
        return false;
    }

    public void cancel(String followerIndex, String reason) {}
}
