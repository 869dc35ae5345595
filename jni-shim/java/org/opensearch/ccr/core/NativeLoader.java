package org.opensearch.ccr.core;

import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Loads the native library from the plugin's own folder: {@code native/<os>-<arch>/libccr_jni.so}. The only place that
 * loads a library; nothing is unpacked to a temporary folder and no library path is searched.
 */
final class NativeLoader {
    /** Absolute path of another library, for tests. */
    static final String PATH_PROPERTY = "ccr.native.path";

    private NativeLoader() {}

    /**
     * @param pluginDir the plugin's folder, for instance {@code plugins/opensearch-cross-cluster-replication}
     * @throws IllegalStateException when there is no library for this platform, or it is another build's
     */
    static void load(Path pluginDir) {
        Path library = library(pluginDir);
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new IllegalStateException("the native replication core needs a little-endian machine, this is " + platform());
        }
        if (Files.isRegularFile(library) == false) {
            throw new IllegalStateException("no native replication core for " + platform() + ": " + library + " is missing");
        }
        try {
            System.load(library.toString());
        } catch (UnsatisfiedLinkError e) {
            // An Error would end the node without telling which file is at fault.
            throw new IllegalStateException("cannot load the native replication core " + library + " on " + platform()
                + ": " + e.getMessage(), e);
        }
        int abi = NativeCore.abi();
        if (abi != NativeMethod.ABI) {
            throw new IllegalStateException(String.format(Locale.ROOT,
                "the native replication core %s is of another build: it answers abi %08x, the plugin needs %08x",
                library, abi, NativeMethod.ABI));
        }
    }

    /** {@code linux-x86_64}, {@code linux-aarch64}, ... */
    static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        if (os.startsWith("mac")) {
            os = "macos";
        }
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        arch = switch (arch) {
            case "amd64" -> "x86_64";
            case "arm64" -> "aarch64";
            default -> arch;
        };
        return os.replace(' ', '_') + "-" + arch;
    }

    private static Path library(Path pluginDir) {
        String override = System.getProperty(PATH_PROPERTY);
        if (override != null) {
            Path path = Path.of(override);
            if (path.isAbsolute() == false) {
                throw new IllegalStateException(PATH_PROPERTY + " must be absolute, not [" + override + "]");
            }
            return path;
        }
        return pluginDir.toAbsolutePath().resolve("native").resolve(platform()).resolve(System.mapLibraryName("ccr_jni"));
    }
}
