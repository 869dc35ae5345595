package org.opensearch.ccr.status;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;

/**
 * How much a status tells.
 *
 * @param verbose  each shard for itself, too
 * @param detailed figures that are not of the API contract, too; never unless asked for, since strict clients know no others
 */
public record StatusForm(boolean verbose, boolean detailed) implements Writeable {

    public static final StatusForm CONTRACT = new StatusForm(false, false);

    StatusForm(StreamInput in) throws IOException {
        this(in.readBoolean(), in.readBoolean());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeBoolean(verbose);
        out.writeBoolean(detailed);
    }
}
