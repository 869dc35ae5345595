package org.opensearch.ccr.bootstrap;

import org.opensearch.ccr.metadata.SettingsPlan;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.settings.IndexScopedSettings;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What of a leader index this cluster can take. The rest is left out alone, where core would refuse the whole index.
 *
 * @param settings those that this cluster knows
 * @param taken    whether a name is that of an index here, so that it cannot be an alias
 */
record Fit(IndexScopedSettings settings, Predicate<String> taken) {

    Map<String, String> unfitSettings(IndexMetadata leader) {
        return SettingsPlan.unknown(settings, leader.getSettings());
    }

    Map<String, String> unfitAliases(IndexMetadata leader) {
        Map<String, String> unfit = new TreeMap<>();
        for (String alias : leader.getAliases().keySet()) {
            if (taken.test(alias)) {
                unfit.put(alias, "an index here has this name");
            }
        }
        return unfit;
    }
}
