package org.opensearch.ccr.follower;

import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.cluster.routing.allocation.DiskThresholdSettings;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.common.unit.ByteSizeValue;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.env.Environment;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/**
 * Whether a disk of this node is beyond the flood stage of core's watermarks. Core forbids writing to the indices of such a disk,
 * but not to followers, which it finds blocked for writing already: their operations would fill it to the last byte. Thread-safe.
 */
final class DiskWatch {

    /** A look at the disk is good for so long. */
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private record Seen(long atNanos, long free, long total) {}

    private final DiskThresholdSettings thresholds;
    private final ConcurrentMap<Path, Seen> seen = new ConcurrentHashMap<>();

    DiskWatch(Settings settings, ClusterSettings clusterSettings) {
        thresholds = new DiskThresholdSettings(settings, clusterSettings);
    }

    /** Why nothing may be written below this path now; null when it may. A disk that cannot be asked counts as good. */
    Exception refusal(Path data) {
        if (thresholds.isEnabled() == false) {
            return null;
        }
        Seen now = seen.compute(data, (path, last) -> last != null && System.nanoTime() - last.atNanos < FRESH_NANOS ? last : look(path));
        boolean full = now.total > 0
            && (now.free < thresholds.getFreeBytesThresholdFloodStage().getBytes()
                || 100.0 * now.free / now.total < thresholds.getFreeDiskThresholdFloodStage());
        if (full == false) {
            return null;
        }
        String text = "disk usage exceeded flood-stage watermark: [" + new ByteSizeValue(now.free) + "] of [" + new ByteSizeValue(now.total)
            + "] are free on this node";
        return ReplicationException.of(ErrorClass.ERROR_BLOCKED, RestStatus.TOO_MANY_REQUESTS, text, null);
    }

    private static Seen look(Path path) {
        try {
            FileStore store = Environment.getFileStore(path);
            return new Seen(System.nanoTime(), store.getUsableSpace(), store.getTotalSpace());
        } catch (IOException | RuntimeException e) {
            return new Seen(System.nanoTime(), 0, 0);
        }
    }
}
