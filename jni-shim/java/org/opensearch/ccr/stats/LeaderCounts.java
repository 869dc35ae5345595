package org.opensearch.ccr.stats;

import org.opensearch.ccr.leader.LeaderShards;
import org.opensearch.ccr.leader.LeaderStats;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * What followers have read from a shard copy, or the sum over several.
 *
 * @param index         leader index; of a sum, whatever it is about
 * @param lucene        operations read from Lucene
 * @param translog      operations read from the translog
 * @param luceneNanos   spent on the former
 * @param translogNanos spent on the latter
 * @param bytes         of these operations, before they are packed
 * @param translogBytes that the shard's translog has on disk
 */
record LeaderCounts(String index, long lucene, long translog, long luceneNanos, long translogNanos, long bytes, long translogBytes)
    implements
        Writeable {

    static final LeaderCounts NONE = new LeaderCounts("", 0, 0, 0, 0, 0, 0);

    static LeaderCounts of(LeaderShards.Followed copy) {
        LeaderStats.Totals lucene = copy.stats().lucene();
        LeaderStats.Totals translog = copy.stats().translog();
        return new LeaderCounts(
            copy.index(),
            lucene.operations(),
            translog.operations(),
            lucene.nanos(),
            translog.nanos(),
            lucene.bytes() + translog.bytes(),
            copy.translogBytes()
        );
    }

    LeaderCounts(StreamInput in) throws IOException {
        this(in.readString(), in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readLong());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(index);
        out.writeLong(lucene);
        out.writeLong(translog);
        out.writeLong(luceneNanos);
        out.writeLong(translogNanos);
        out.writeLong(bytes);
        out.writeLong(translogBytes);
    }

    LeaderCounts plus(LeaderCounts other) {
        return new LeaderCounts(
            index,
            lucene + other.lucene,
            translog + other.translog,
            luceneNanos + other.luceneNanos,
            translogNanos + other.translogNanos,
            bytes + other.bytes,
            translogBytes + other.translogBytes
        );
    }

    void fields(XContentBuilder builder) throws IOException {
        builder.field("operations_read", lucene + translog);
        builder.field("translog_size_bytes", translogBytes);
        builder.field("operations_read_lucene", lucene);
        builder.field("operations_read_translog", translog);
        builder.field("total_read_time_lucene_millis", TimeUnit.NANOSECONDS.toMillis(luceneNanos));
        builder.field("total_read_time_translog_millis", TimeUnit.NANOSECONDS.toMillis(translogNanos));
        builder.field("bytes_read", bytes);
    }
}
