package org.opensearch.ccr.leader;

import org.opensearch.ccr.digest.DigestAnswer;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.index.store.Store;

import java.io.IOException;

/** The answer to a {@link LeaderFilesRequest}: one of the four is there, or none after a release. */
public final class LeaderFilesResponse extends ActionResponse {

    static final LeaderFilesResponse RELEASED = new LeaderFilesResponse(null, null, null, null);

    private final LeaderShardInfo info;
    private final Store.MetadataSnapshot files;
    private final BytesReference frame;
    private final DigestAnswer digest;

    private LeaderFilesResponse(LeaderShardInfo info, Store.MetadataSnapshot files, BytesReference frame, DigestAnswer digest) {
        this.info = info;
        this.files = files;
        this.frame = frame;
        this.digest = digest;
    }

    static LeaderFilesResponse of(LeaderShardInfo info) {
        return new LeaderFilesResponse(info, null, null, null);
    }

    static LeaderFilesResponse of(Store.MetadataSnapshot files) {
        return new LeaderFilesResponse(null, files, null, null);
    }

    static LeaderFilesResponse of(BytesReference frame) {
        return new LeaderFilesResponse(null, null, frame, null);
    }

    static LeaderFilesResponse of(DigestAnswer digest) {
        return new LeaderFilesResponse(null, null, null, digest);
    }

    public LeaderFilesResponse(StreamInput in) throws IOException {
        super(in);
        info = in.readOptionalWriteable(LeaderShardInfo::new);
        files = in.readOptionalWriteable(Store.MetadataSnapshot::new);
        frame = in.readBoolean() ? in.readBytesReference() : null;
        digest = in.readOptionalWriteable(DigestAnswer::new);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeOptionalWriteable(info);
        out.writeOptionalWriteable(files);
        out.writeBoolean(frame != null);
        if (frame != null) {
            out.writeBytesReference(frame);
        }
        out.writeOptionalWriteable(digest);
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

    /** Of a question for digests. */
    public DigestAnswer digest() {
        return digest;
    }
}
