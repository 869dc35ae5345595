package org.opensearch.ccr.action;

import org.opensearch.ResourceNotFoundException;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;

import java.nio.file.Files;
import java.nio.file.Path;

/** Files that the leader's analyzers read must lie on this node, too. */
final class AnalysisFiles {

    private AnalysisFiles() {}

    /** @throws ResourceNotFoundException for the first {@code index.analysis.*path} that cannot be read here */
    static void ensureReadable(Environment environment, Settings leader, Settings overlay) {
        Settings all = Settings.builder().put(leader).put(overlay).build();
        for (String key : all.keySet()) {
            if (key.startsWith("index.analysis.") && key.endsWith("path")) {
                String path = all.get(key);
                if (path != null && readable(environment.configDir().resolve(path)) == false) {
                    throw new ResourceNotFoundException("IOException while reading " + key + ": " + path);
                }
            }
        }
    }

    private static boolean readable(Path path) {
        try {
            return Files.isReadable(path);
        } catch (SecurityException e) {
            return false;
        }
    }
}
