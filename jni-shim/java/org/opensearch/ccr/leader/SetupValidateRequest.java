package org.opensearch.ccr.leader;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.IndicesRequest;
import org.opensearch.action.support.IndicesOptions;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;

import java.io.IOException;

/** Which index of which cluster a replication wants to touch, and with which role. */
public final class SetupValidateRequest extends AcknowledgedRequest<SetupValidateRequest> implements IndicesRequest.Replaceable {

    private final String cluster;
    private String index;
    private final String role;

    /** @param role the role whose rights are asked for, null for the caller's own */
    public SetupValidateRequest(String cluster, String index, String role) {
        this.cluster = cluster;
        this.index = index;
        this.role = role;
    }

    public SetupValidateRequest(StreamInput in) throws IOException {
        super(in);
        cluster = in.readString();
        index = in.readString();
        role = in.readOptionalString();
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeString(cluster);
        out.writeString(index);
        out.writeOptionalString(role);
    }

    @Override
    public ActionRequestValidationException validate() {
        return null;
    }

    @Override
    public String[] indices() {
        return new String[] { index };
    }

    @Override
    public IndicesRequest indices(String... indices) {
        if (indices.length == 1) {
            index = indices[0];
        }
        return this;
    }

    /** The follower's index does not exist yet: names are taken as they are. */
    @Override
    public IndicesOptions indicesOptions() {
        return IndicesOptions.lenientExpandOpen();
    }

    public String cluster() {
        return cluster;
    }

    public String role() {
        return role;
    }
}
