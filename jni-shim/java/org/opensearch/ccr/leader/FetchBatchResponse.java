package org.opensearch.ccr.leader;

import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;

import java.io.IOException;

/** A frame, exactly as the leader's native core packed it; the follower's core verifies it. */
public final class FetchBatchResponse extends ActionResponse {

    private final BytesReference frame;

    public FetchBatchResponse(BytesReference frame) {
        this.frame = frame;
    }

    public FetchBatchResponse(StreamInput in) throws IOException {
        super(in);
        frame = in.readBytesReference();
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeBytesReference(frame);
    }

    public BytesReference frame() {
        return frame;
    }
}
