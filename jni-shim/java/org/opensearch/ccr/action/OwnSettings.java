package org.opensearch.ccr.action;

import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Settings;

import java.util.Set;

/** What nobody can give a follower of its own, over what its leader has. The settings are known and have right values, if any. */
final class OwnSettings {

    /** Not marked as such in OpenSearch, and yet decided for ever when an index is made: they say where each document lies. */
    private static final Set<String> ROUTING = Set.of(
        IndexMetadata.INDEX_NUMBER_OF_ROUTING_SHARDS_SETTING.getKey(),
        IndexMetadata.SETTING_ROUTING_PARTITION_SIZE
    );

    private OwnSettings() {}

    /** @throws IllegalArgumentException for a setting without a value, or one that the copied files contradict */
    static void ensure(String key, Setting<?> setting, Settings own) {
        if (own.hasValue(key) == false) {
            throw new IllegalArgumentException("setting [" + key + "] has no value: leave it out to take what the leader index has");
        }
        if (setting != null && ofTheFiles(setting)) {
            throw new IllegalArgumentException(
                "setting [" + key + "] is as the leader index has it, whose files are copied: leave it out"
            );
        }
    }

    private static boolean ofTheFiles(Setting<?> setting) {
        // How the other copies of a shard get what its primary has is each cluster's own affair.
        return (setting.isFinal() || setting.isUnmodifiableOnRestore() || ROUTING.contains(setting.getKey()))
            && IndexMetadata.SETTING_REPLICATION_TYPE.equals(setting.getKey()) == false;
    }
}
