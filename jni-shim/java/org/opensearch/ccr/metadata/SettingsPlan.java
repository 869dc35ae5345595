package org.opensearch.ccr.metadata;

import org.opensearch.cluster.metadata.AutoExpandReplicas;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.routing.allocation.decider.EnableAllocationDecider;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.common.settings.AbstractScopedSettings;
import org.opensearch.common.settings.IndexScopedSettings;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Settings;
import org.opensearch.index.IndexSettings;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What has to change in a follower's settings so that they are its leader's, with the user's own over them. A null value takes
 * a setting away.
 *
 * @param dynamic changes that an open index takes
 * @param fixed   changes that an index takes only while it is closed
 * @param leftOut settings of the leader that this cluster does not take, and why
 */
public record SettingsPlan(Settings dynamic, Settings fixed, Map<String, String> leftOut) {

    static final String UNKNOWN = "this cluster does not know it";
    /** Core puts it on an index whose disk is full and takes it away again. */
    private static final String FLOOD_STAGE = IndexMetadata.SETTING_READ_ONLY_ALLOW_DELETE;

    /** Leader settings that would be wrong on a follower. The user's own settings may bring them all the same. */
    private static final Set<String> NOT_COPIED = Set.of(
        CcrSettings.TRANSLOG_PRUNING.getKey(),
        IndexMetadata.SETTING_READ_ONLY,
        IndexMetadata.SETTING_BLOCKS_READ,
        IndexMetadata.SETTING_BLOCKS_WRITE,
        IndexMetadata.SETTING_BLOCKS_METADATA,
        FLOOD_STAGE,
        EnableAllocationDecider.INDEX_ROUTING_REBALANCE_ENABLE_SETTING.getKey(),
        EnableAllocationDecider.INDEX_ROUTING_ALLOCATION_ENABLE_SETTING.getKey(),
        IndexSettings.INDEX_SOFT_DELETES_RETENTION_LEASE_PERIOD_SETTING.getKey(),
        IndexMetadata.SETTING_WAIT_FOR_ACTIVE_SHARDS.getKey()
    );

    /** Keys that a restore of the leader's metadata leaves out, as it wants them. */
    public static List<String> notCopied() {
        return List.copyOf(NOT_COPIED);
    }

    /** Settings of the leader that this cluster does not know, and why they are left out. */
    public static Map<String, String> unknown(IndexScopedSettings known, Settings leader) {
        Map<String, String> unknown = new TreeMap<>();
        for (String key : leader.keySet()) {
            if (known.get(key) == null && isOurs(known, key) == false) {
                unknown.put(key, UNKNOWN);
            }
        }
        return unknown;
    }

    /** @param overrides the user's, which win over everything */
    static SettingsPlan of(IndexScopedSettings known, Settings leader, Settings overrides, Settings follower) {
        Map<String, String> leftOut = unknown(known, leader);
        Settings wanted = wanted(known, leader, overrides, leftOut);
        Set<String> keys = new HashSet<>(wanted.keySet());
        keys.addAll(follower.keySet());
        Settings.Builder dynamic = Settings.builder();
        Settings.Builder fixed = Settings.builder();
        for (String key : keys) {
            boolean given = wanted.hasValue(key);
            if (isOurs(known, key) || known.get(key) == null || given == false && mayStay(key) || same(key, wanted, follower)) {
                continue;
            }
            String wrong = given ? wrong(known, key, wanted) : null;
            if (wrong != null) {
                leftOut.put(key, wrong);
                continue;
            }
            Settings.Builder into = known.isDynamicSetting(key) ? dynamic : fixed;
            if (given) {
                into.copy(key, wanted);
            } else {
                into.putNull(key);
            }
        }
        return new SettingsPlan(dynamic.build(), fixed.build(), leftOut);
    }

    private static Settings wanted(IndexScopedSettings known, Settings leader, Settings overrides, Map<String, String> leftOut) {
        Settings.Builder wanted = Settings.builder();
        for (String key : leader.keySet()) {
            if (NOT_COPIED.contains(key) == false && leftOut.containsKey(key) == false && isOurs(known, key) == false) {
                wanted.copy(key, leader);
            }
        }
        if (overrides.hasValue(IndexMetadata.SETTING_NUMBER_OF_REPLICAS)) {
            wanted.remove(IndexMetadata.SETTING_AUTO_EXPAND_REPLICAS); // it would take the user's number back at once
        }
        wanted.put(overrides);
        return wanted.build();
    }

    /** Neither copied nor taken away: what makes the index the one it is, and what only its own cluster may say. */
    private static boolean isOurs(IndexScopedSettings known, String key) {
        Setting<?> setting = known.get(key);
        return key.startsWith(AbstractScopedSettings.ARCHIVED_SETTINGS_PREFIX)
            || key.equals(IndexMetadata.SETTING_HISTORY_UUID)
            || known.isPrivateSetting(key)
            || setting != null && (setting.isFinal()
                || setting.isPrivateIndex()
                || setting.isInternalIndex());
    }

    /** What a follower may have although nobody wants it: every index has a number of replicas, and a disk may be full. */
    private static boolean mayStay(String key) {
        return key.equals(IndexMetadata.SETTING_NUMBER_OF_REPLICAS) || key.equals(FLOOD_STAGE);
    }

    /** The number of replicas is the follower's own affair while it expands by itself. */
    private static boolean same(String key, Settings wanted, Settings follower) {
        if (key.equals(IndexMetadata.SETTING_NUMBER_OF_REPLICAS) && expands(wanted)) {
            return true;
        }
        return wanted.getAsList(key).equals(follower.getAsList(key)) && wanted.hasValue(key) == follower.hasValue(key);
    }

    private static boolean expands(Settings settings) {
        return AutoExpandReplicas.SETTING.exists(settings)
            && "false".equals(settings.get(IndexMetadata.SETTING_AUTO_EXPAND_REPLICAS)) == false;
    }

    /** Why this cluster does not take the value; null when it does. */
    private static String wrong(IndexScopedSettings known, String key, Settings wanted) {
        try {
            known.get(key).get(wanted);
            return null;
        } catch (RuntimeException e) {
            return e.getMessage();
        }
    }
}
