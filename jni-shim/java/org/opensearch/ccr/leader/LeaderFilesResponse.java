package org.opensearch.ccr.leader;

import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.index.store.Store;

import java.io.IOException;

/** The answer to a {@link LeaderFilesRequest}: one of the three is there, or none after a release. */
public final class LeaderFilesResponse extends ActionResponse {

    static final LeaderFilesResponse RELEASED = new LeaderFilesResponse(null, null, null);

    private final LeaderShardInfo info;
    private final Store.MetadataSnapshot files;
    private final BytesReference frame;

    private LeaderFilesResponse(LeaderShardInfo info, Store.MetadataSnapshot files, BytesReference frame) {
        this.info = info;
        this.files = files;
        this.frame = frame;
    }

    static LeaderFilesResponse of(LeaderShardInfo info) {
        return new LeaderFilesResponse(info, null, null);
    }

    static LeaderFilesResponse of(Store.MetadataSnapshot files) {
        return new LeaderFilesResponse(null, files, null);
    }

    static LeaderFilesResponse of(BytesReference frame) {
        return new LeaderFilesResponse(null, null, frame);
    }

    public LeaderFilesResponse(StreamInput in) throws IOException {
        super(in);
        info = in.readOptionalWriteable(LeaderShardInfo::new);
        files = in.readOptionalWriteable(Store.MetadataSnapshot::new);
        frame = in.readBoolean() ? in.readBytesReference() : null;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeOptionalWriteable(info);
        out.writeOptionalWriteable(files);
        out.writeBoolean(frame != null);
        if (frame != null) {
            out.writeBytesReference(frame);
        }
    }

    /** Of a probe. */
    public LeaderShardInfo info() {
        return info;
    }

    /** Of an open: the commit's files and its user data. */
    public Store.MetadataSnapshot files() {
        return files;
    }

    /** Of a chunk. */
    public BytesReference frame() {
        return frame;
    }
}
