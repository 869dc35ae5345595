package org.opensearch.ccr.metadata;

import org.opensearch.cluster.metadata.IndexMetadata;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a follower's index metadata remembers of its leader, as custom data: which index and which histories it was copied
 * from, and how far settings and aliases have been taken over. It lives and dies with the index, survives restarts and pauses,
 * and is the same on every node. It is written by the bootstrap and by {@link ApplyMetadataAction} only.
 */
public record LeaderOrigin(Map<String, String> fields) {

    private static final String CUSTOM = "replication";
    private static final String COPY = "copy_id";
    private static final String CLUSTER = "leader_cluster_uuid";
    private static final String INDEX = "leader_index_uuid";
    private static final String HISTORY = "leader_history_uuid.";
    private static final String SETTINGS_VERSION = "leader_settings_version";
    private static final String ALIASES_VERSION = "leader_aliases_version";
    private static final String LINEAGE = "lineage";
    private static final String LEFT_OUT = "left_out.";
    private static final String SETTING = "setting ";
    private static final LeaderOrigin NONE = new LeaderOrigin(Map.of());

    public LeaderOrigin {
        fields = Map.copyOf(fields);
    }

    /** Of a follower; empty for an index that no bootstrap has made, and for null. */
    public static LeaderOrigin of(IndexMetadata follower) {
        Map<String, String> custom = follower == null ? null : follower.getCustomData(CUSTOM);
        return custom == null ? NONE : new LeaderOrigin(custom);
    }

    /** Of the copy of this id of a leader index, with the settings and aliases that the copy does not get and why. */
    public static LeaderOrigin ofCopy(
        String copyId,
        String clusterUuid,
        IndexMetadata leader,
        Map<Integer, String> histories,
        Map<String, String> settings,
        Map<String, String> aliases
    ) {
        Map<String, String> fields = new HashMap<>();
        fields.put(COPY, copyId);
        fields.put(CLUSTER, clusterUuid);
        fields.put(INDEX, leader.getIndexUUID());
        Lineage.of(clusterUuid, leader).into(fields, LINEAGE);
        histories.forEach((shard, history) -> fields.put(HISTORY + shard, history));
        return new LeaderOrigin(fields).withSettings(leader.getSettingsVersion(), settings)
            .withAliases(leader.getAliasesVersion(), aliases);
    }

    /** Puts this into the metadata that is being built. */
    public IndexMetadata.Builder into(IndexMetadata.Builder builder) {
        return builder.putCustom(CUSTOM, fields);
    }

    /** Forgets it: the index is an ordinary one from now on. */
    static IndexMetadata.Builder outOf(IndexMetadata.Builder builder) {
        builder.removeCustom(CUSTOM);
        return builder;
    }

    /** Which bootstrap has made the index as it is; null when it is unknown. */
    public String copyId() {
        return fields.get(COPY);
    }

    /** UUID of the leader cluster; null when it is unknown. */
    public String clusterUuid() {
        return fields.get(CLUSTER);
    }

    /** The indices that this one's operations have come through. */
    Lineage lineage() {
        return Lineage.from(fields, LINEAGE);
    }

    /** UUID of the leader index; null when it is unknown. */
    public String indexUuid() {
        return fields.get(INDEX);
    }

    /** History UUID of the leader shard that a follower's shard was copied from; empty when it is unknown. */
    public String historyUuid(int shard) {
        return fields.getOrDefault(HISTORY + shard, "");
    }

    /** Version of the leader's settings that was taken over last; 0 for none. */
    public long settingsVersion() {
        return Long.parseLong(fields.getOrDefault(SETTINGS_VERSION, "0"));
    }

    /** Version of the leader's aliases that was taken over last; 0 for none. */
    public long aliasesVersion() {
        return Long.parseLong(fields.getOrDefault(ALIASES_VERSION, "0"));
    }

    /** Settings and aliases of the leader that were left out, and why. */
    public Map<String, String> leftOut() {
        Map<String, String> leftOut = new TreeMap<>();
        fields.forEach((key, why) -> {
            if (key.startsWith(LEFT_OUT)) {
                leftOut.put(key.substring(LEFT_OUT.length()), why);
            }
        });
        return leftOut;
    }

    /** Whether this cluster knows a setting that was left out, so that it may take it another time. */
    public boolean mayTakeMore() {
        return fields.entrySet().stream()
            .anyMatch(field -> field.getKey().startsWith(LEFT_OUT + SETTING) && SettingsPlan.UNKNOWN.equals(field.getValue()) == false);
    }

    LeaderOrigin withSettings(long version, Map<String, String> leftOut) {
        return with(SETTINGS_VERSION, version, SETTING, leftOut);
    }

    LeaderOrigin withAliases(long version, Map<String, String> leftOut) {
        return with(ALIASES_VERSION, version, "alias ", leftOut);
    }

    private LeaderOrigin with(String field, long version, String kind, Map<String, String> leftOut) {
        Map<String, String> changed = new HashMap<>(fields);
        changed.keySet().removeIf(key -> key.startsWith(LEFT_OUT + kind));
        changed.put(field, Long.toString(version));
        leftOut.forEach((name, why) -> changed.put(LEFT_OUT + kind + "[" + name + "]", why));
        return new LeaderOrigin(changed);
    }
}
