package org.opensearch.ccr.action;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.ccr.common.FollowerRequest;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;

import java.io.IOException;

/** {@code _preflight}: a {@code _start} that is only to be looked at, or a follower that is there already. */
public final class PreflightRequest extends FollowerRequest<PreflightRequest> {

    private final StartRequest start;

    /** @param start what would be started; null for the replication that is recorded */
    public PreflightRequest(String follower, StartRequest start) {
        super(follower);
        this.start = start;
    }

    public PreflightRequest(StreamInput in) throws IOException {
        super(in);
        start = in.readOptionalWriteable(StartRequest::new);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeOptionalWriteable(start);
    }

    /** What a {@code _start} says at once is said here, too. */
    @Override
    public ActionRequestValidationException validate() {
        return start == null ? null : start.validate();
    }

    /** Null for the replication that is recorded. */
    public StartRequest start() {
        return start;
    }
}
