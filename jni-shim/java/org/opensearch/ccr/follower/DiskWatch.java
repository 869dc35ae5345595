package org.opensearch.ccr.follower;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.core.Judge;
import org.opensearch.ccr.proto.CoreProto.DiskFacts;
import org.opensearch.ccr.proto.CoreProto.DiskJudgement;
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
 * but not to followers, which it finds blocked for writing already: their operations would fill it to the last byte. What counts as
 * full, and for how long an answer is good, the core decides. Thread-safe.
 */
final class DiskWatch {

    private static final Logger LOGGER = LogManager.getLogger(DiskWatch.class);

    /** A look at a disk, and what the core made of it until then. */
    private record Seen(long free, long total, boolean full, long goodUntilNanos) {}

    private final Judge judge;
    private final DiskThresholdSettings thresholds;
    private final ConcurrentMap<Path, Seen> seen = new ConcurrentHashMap<>();

    DiskWatch(Judge judge, Settings settings, ClusterSettings clusterSettings) {
        this.judge = judge;
        thresholds = new DiskThresholdSettings(settings, clusterSettings);
    }

    /** Why nothing may be written below this path now; null when it may. A disk that cannot be asked counts as good. */
    Exception refusal(Path data) {
        if (thresholds.isEnabled() == false) {
            return null;
        }
        Seen now = seen.compute(data, (path, last) -> last != null && System.nanoTime() - last.goodUntilNanos < 0 ? last : look(path));
        if (now.full == false) {
            return null;
        }
        String text = "disk usage exceeded flood-stage watermark: [" + new ByteSizeValue(now.free) + "] of [" + new ByteSizeValue(now.total)
            + "] are free on this node";
        return ReplicationException.of(ErrorClass.ERROR_BLOCKED, RestStatus.TOO_MANY_REQUESTS, text, null);
    }

    private Seen look(Path path) {
        DiskFacts.Builder facts = DiskFacts.newBuilder()
            .setFreeBytesMin(thresholds.getFreeBytesThresholdFloodStage().getBytes())
            .setFreePercentMin(thresholds.getFreeDiskThresholdFloodStage());
        try {
            FileStore store = Environment.getFileStore(path);
            facts.setFreeBytes(store.getUsableSpace()).setTotalBytes(store.getTotalSpace());
        } catch (IOException | RuntimeException e) {
            LOGGER.debug("the disk of " + path + " cannot be asked", e);
        }
        DiskJudgement judgement = judge.disk(facts.build());
        long goodUntil = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(judgement.getGoodForMs());
        return new Seen(facts.getFreeBytes(), facts.getTotalBytes(), judgement.getFull(), goodUntil);
    }
}
