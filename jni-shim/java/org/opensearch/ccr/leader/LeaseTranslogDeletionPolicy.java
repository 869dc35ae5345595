package org.opensearch.ccr.leader;

import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.common.settings.Settings;
import org.opensearch.index.IndexSettings;
import org.opensearch.index.seqno.RetentionLease;
import org.opensearch.index.seqno.RetentionLeases;
import org.opensearch.index.translog.DefaultTranslogDeletionPolicy;
import org.opensearch.index.translog.TranslogDeletionPolicy;
import org.opensearch.index.translog.TranslogReader;
import org.opensearch.index.translog.TranslogWriter;

import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/**
 * Core's own policy, which in addition keeps the translog generations that a follower's retention lease still needs, up to a
 * size. It never deletes what core would keep, and without such leases it is core's policy exactly.
 */
final class LeaseTranslogDeletionPolicy extends DefaultTranslogDeletionPolicy {

    private final IndexSettings indexSettings;
    private final Supplier<RetentionLeases> leases;

    private LeaseTranslogDeletionPolicy(IndexSettings indexSettings, Supplier<RetentionLeases> leases) {
        super(
            indexSettings.getTranslogRetentionSize().getBytes(),
            indexSettings.getTranslogRetentionAge().getMillis(),
            indexSettings.getTranslogRetentionTotalFiles()
        );
        this.indexSettings = indexSettings;
        this.leases = leases;
    }

    /** Null, which leaves it to core, for indices that have no leases or whose translog is not read from local files. */
    static TranslogDeletionPolicy create(IndexSettings indexSettings, Supplier<RetentionLeases> leases) {
        if (indexSettings.isSoftDeleteEnabled() == false || indexSettings.isRemoteTranslogStoreEnabled()) {
            return null;
        }
        return new LeaseTranslogDeletionPolicy(indexSettings, leases);
    }

    @Override
    public synchronized long minTranslogGenRequired(List<TranslogReader> readers, TranslogWriter writer) throws IOException {
        long required = super.minTranslogGenRequired(readers, writer);
        Settings settings = indexSettings.getSettings();
        if (readers.isEmpty() || CcrSettings.TRANSLOG_PRUNING.get(settings) == false) {
            return required;
        }
        long retaining = minRetaining();
        if (retaining == Long.MAX_VALUE) {
            return required;
        }
        long bySize = getMinTranslogGenBySize(readers, writer, CcrSettings.TRANSLOG_RETENTION_SIZE.get(settings).getBytes());
        return Math.min(required, Math.max(bySize, minGenerationHolding(readers, writer, retaining)));
    }

    /** The first operation that a follower still needs; MAX_VALUE when none holds a lease. */
    private long minRetaining() {
        long min = Long.MAX_VALUE;
        for (RetentionLease lease : leases.get().leases()) {
            if (lease.id().startsWith(LeaderLeases.PREFIX)) {
                min = Math.min(min, lease.retainingSequenceNumber());
            }
        }
        return min;
    }

    private static long minGenerationHolding(List<TranslogReader> readers, TranslogWriter writer, long seqNo) {
        long min = writer.getGeneration();
        for (TranslogReader reader : readers) {
            if (reader.getMaxSeqNo() >= seqNo) {
                min = Math.min(min, reader.getGeneration());
            }
        }
        return min;
    }
}
