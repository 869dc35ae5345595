package org.opensearch.ccr.metadata;

import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.metadata.IndexMetadata;

/** Whom an index follows, as its own settings say: {@code <alias>:<leader index>}. Neither of the two has a colon. */
public record FollowerMark(String alias, String leader) {

    /** Null for an index that is no follower, and for none. */
    public static FollowerMark of(IndexMetadata index) {
        String text = index == null ? "" : CcrSettings.LEADER_INDEX.get(index.getSettings());
        int colon = text.indexOf(':');
        return colon < 0 ? null : new FollowerMark(text.substring(0, colon), text.substring(colon + 1));
    }

    /** As the setting has it. */
    public String text() {
        return alias + ":" + leader;
    }
}
