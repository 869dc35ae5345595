package org.opensearch.ccr.leader;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.IndicesRequest;
import org.opensearch.action.support.IndicesOptions;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;

import java.io.IOException;
import java.util.Arrays;
import java.util.Set;

/** Which index of which cluster a replication wants to touch, and with which role; or, of a rule, which indices there are. */
public final class SetupValidateRequest extends AcknowledgedRequest<SetupValidateRequest> implements IndicesRequest.Replaceable {

    private final String cluster;
    private String index;
    private final String role;
    private final ListingRequest listing;
    /** On the leader, when the Security plugin has taken names away: those that are left. Never sent. */
    private Set<String> allowed;

    /** @param role the role whose rights are asked for, null for the caller's own */
    public SetupValidateRequest(String cluster, String index, String role) {
        this(cluster, index, role, null);
    }

    private SetupValidateRequest(String cluster, String index, String role, ListingRequest listing) {
        this.cluster = cluster;
        this.index = index;
        this.role = role;
        this.listing = listing;
    }

    /** Asks for the leader's indices, beside the permission on all of their patterns. */
    public static SetupValidateRequest listing(String cluster, String role, ListingRequest listing) {
        return new SetupValidateRequest(cluster, "", role, listing);
    }

    public SetupValidateRequest(StreamInput in) throws IOException {
        super(in);
        cluster = in.readString();
        index = in.readString();
        role = in.readOptionalString();
        listing = in.readOptionalWriteable(ListingRequest::new);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeString(cluster);
        out.writeString(index);
        out.writeOptionalString(role);
        out.writeOptionalWriteable(listing);
    }

    @Override
    public ActionRequestValidationException validate() {
        return null;
    }

    @Override
    public String[] indices() {
        return listing == null ? new String[] { index } : listing.patterns().toArray(String[]::new);
    }

    @Override
    public IndicesRequest indices(String... indices) {
        if (listing != null) {
            allowed = Set.copyOf(Arrays.asList(indices));
        } else if (indices.length == 1) {
            index = indices[0];
        }
        return this;
    }

    /**
     * The follower's index does not exist yet: names are taken as they are. A listing tells of closed and hidden indices, too, so
     * the Security plugin has to judge those as well.
     */
    @Override
    public IndicesOptions indicesOptions() {
        return listing == null ? IndicesOptions.lenientExpandOpen() : IndicesOptions.LENIENT_EXPAND_OPEN_CLOSED_HIDDEN;
    }

    public String cluster() {
        return cluster;
    }

    public String role() {
        return role;
    }

    /** What is asked of the leader's indices, null for nothing. */
    public ListingRequest listing() {
        return listing;
    }

    /** The names that may be told; null for all. */
    Set<String> allowed() {
        return allowed;
    }
}
