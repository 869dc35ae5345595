package org.opensearch.ccr.leader;

import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;

import java.io.IOException;

/** Yes, and the indices that there are when the request asked for them. */
public final class SetupValidateResponse extends AcknowledgedResponse {

    private final Listing listing;

    /** @param listing may be null */
    public SetupValidateResponse(Listing listing) {
        super(true);
        this.listing = listing;
    }

    public SetupValidateResponse(StreamInput in) throws IOException {
        super(in);
        listing = in.readOptionalWriteable(Listing::new);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeOptionalWriteable(listing);
    }

    public Listing listing() {
        return listing;
    }
}
