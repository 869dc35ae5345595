package org.opensearch.ccr.common;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.IndicesRequest;
import org.opensearch.action.support.IndicesOptions;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;

import java.io.IOException;

/** A request about one follower index, which need not exist. Replaceable, so that the Security plugin judges it by that index. */
public abstract class FollowerRequest<T extends FollowerRequest<T>> extends AcknowledgedRequest<T> implements IndicesRequest.Replaceable {

    private String follower;

    protected FollowerRequest(String follower) {
        this.follower = follower;
    }

    protected FollowerRequest(StreamInput in) throws IOException {
        super(in);
        follower = in.readString();
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeString(follower);
    }

    public final String follower() {
        return follower;
    }

    @Override
    public ActionRequestValidationException validate() {
        return null;
    }

    @Override
    public final String[] indices() {
        return new String[] { follower };
    }

    @Override
    public final IndicesRequest indices(String... indices) {
        if (indices.length == 1) {
            follower = indices[0];
        }
        return this;
    }

    @Override
    public final IndicesOptions indicesOptions() {
        return IndicesOptions.strictSingleIndexNoExpandForbidClosed();
    }
}
