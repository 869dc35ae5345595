package org.opensearch.ccr.follower;

import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.index.IndexSettings;
import org.opensearch.index.engine.Engine;
import org.opensearch.index.engine.EngineConfig;
import org.opensearch.index.engine.EngineFactory;

import java.util.Optional;

/** Engines of an index that followed a leader when it was opened; a replica that copies segments has one of its own. */
public final class FollowerEngineFactory implements EngineFactory {
    /** For {@code EnginePlugin.getEngineFactory}: a factory for followers, nothing for every other index. */
    public static Optional<EngineFactory> of(IndexSettings settings) {
        return settings.getSettings().hasValue(CcrSettings.LEADER_INDEX.getKey())
            ? Optional.of(new FollowerEngineFactory())
            : Optional.empty();
    }

    @Override
    public Engine newReadWriteEngine(EngineConfig config) {
        return config.isReadOnlyReplica() ? new FollowerReplicaEngine(config) : new FollowerEngine(config);
    }
}
