package org.opensearch.ccr.core;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class NativeLoaderTests {
    private static String failure(Path pluginDir, String override) {
        String saved = System.getProperty(NativeLoader.PATH_PROPERTY);
        try {
            if (override == null) {
                System.clearProperty(NativeLoader.PATH_PROPERTY);
            } else {
                System.setProperty(NativeLoader.PATH_PROPERTY, override);
            }
            return assertThrows(IllegalStateException.class, () -> NativeLoader.load(pluginDir)).getMessage();
        } finally {
            System.setProperty(NativeLoader.PATH_PROPERTY, saved);
        }
    }

    @Test
    void aMissingLibraryIsNamedWithItsPlatform() throws IOException {
        Path plugin = Files.createTempDirectory("ccr-plugin");
        Path library = plugin.resolve("native").resolve(NativeLoader.platform()).resolve("libccr_jni.so");
        assertEquals("no native replication core for " + NativeLoader.platform() + ": " + library + " is missing",
            failure(plugin, null));
        Files.createDirectories(library.getParent());
        Files.writeString(library, "not a library");
        String text = failure(plugin, null);
        assertTrue(text.startsWith("cannot load the native replication core " + library + " on " + NativeLoader.platform()), text);
        Files.delete(library);
        Files.delete(library.getParent());
        Files.delete(plugin.resolve("native"));
        Files.delete(plugin);
    }

    @Test
    void theOverrideMustBeAbsolute() {
        assertEquals("ccr.native.path must be absolute, not [lib.so]", failure(Path.of("x"), "lib.so"));
    }
}
