package org.opensearch.ccr.metadata;

import org.opensearch.common.settings.Settings;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;

/**
 * The user's settings for a follower, which win over its leader's.
 *
 * @param changed whether they may be others than those in place, so that the leader's version alone does not tell
 */
record Overrides(Settings settings, boolean changed) implements Writeable {

    Overrides(StreamInput in) throws IOException {
        this(Settings.readSettingsFromStream(in), in.readBoolean());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        Settings.writeSettingsToStream(settings, out);
        out.writeBoolean(changed);
    }
}
