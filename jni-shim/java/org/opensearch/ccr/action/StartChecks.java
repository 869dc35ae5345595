package org.opensearch.ccr.action;

import org.opensearch.cluster.metadata.MetadataCreateIndexService;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.settings.IndexScopedSettings;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;

/** Whether this cluster could make the index that is to follow: its settings, and the files its analyzers read. */
public final class StartChecks {

    private final IndexScopedSettings indexSettings;
    private final MetadataCreateIndexService indexCreation;
    private final Environment environment;

    @Inject
    public StartChecks(IndexScopedSettings indexSettings, MetadataCreateIndexService indexCreation, Environment environment) {
        this.indexSettings = indexSettings;
        this.indexCreation = indexCreation;
        this.environment = environment;
    }

    /**
     * @param name names the index, or the rule, in what is thrown
     * @throws IllegalArgumentException naming the setting that is unknown, is the leader's to say, or has a wrong value or none
     */
    public void ensureSettings(String name, Settings overlay) {
        indexSettings.validate(overlay, false, false, false, true);
        overlay.keySet().forEach(key -> OwnSettings.ensure(key, indexSettings.get(key), overlay));
        indexCreation.validateIndexSettings(name, overlay, false);
    }

    /** @throws org.opensearch.ResourceNotFoundException naming the file that is not there */
    void ensureAnalysisFiles(Settings leader, Settings overlay) {
        AnalysisFiles.ensureReadable(environment, leader, overlay);
    }
}
