package org.opensearch.ccr.bootstrap;

import org.opensearch.ccr.metadata.SettingsPlan;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.settings.IndexScopedSettings;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * What of a leader index this cluster can take. The rest is left out alone, where core would refuse the whole index.
 *
 * @param settings those that this cluster knows
 * @param aliases  why the index cannot have an alias of a name, null when it can
 */
record Fit(IndexScopedSettings settings, UnaryOperator<String> aliases) {

    Map<String, String> unfitSettings(IndexMetadata leader) {
        return SettingsPlan.unknown(settings, leader.getSettings());
    }

    Map<String, String> unfitAliases(IndexMetadata leader) {
        Map<String, String> unfit = new TreeMap<>();
        for (String alias : leader.getAliases().keySet()) {
            String why = aliases.apply(alias);
            if (why != null) {
                unfit.put(alias, why);
            }
        }
        return unfit;
    }
}
