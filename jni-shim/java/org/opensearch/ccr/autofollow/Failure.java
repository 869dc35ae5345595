package org.opensearch.ccr.autofollow;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.ccr.action.IndexNames;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;

/**
 * Why an index is not followed although it should be. Times are wall clock in milliseconds.
 *
 * @param attempts    0 when something stands in the way that is seen without trying
 * @param sinceMillis of the first failure in a row
 * @param lastMillis  of the last
 * @param nextMillis  when it is tried again; 0 when that is as soon as the reason is gone
 */
public record Failure(String leader, String follower, String reason, int attempts, long sinceMillis, long lastMillis, long nextMillis)
    implements
        Writeable {

    public Failure(StreamInput in) throws IOException {
        this(in.readString(), in.readString(), in.readString(), in.readVInt(), in.readVLong(), in.readVLong(), in.readVLong());
    }

    /** The index whose rights say who may know of this: the follower's, or the leader's where no index can be called as the follower. */
    String subject() {
        ActionRequestValidationException errors = new ActionRequestValidationException();
        IndexNames.validate(follower, true, errors);
        return errors.validationErrors().isEmpty() ? follower : leader;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(leader);
        out.writeString(follower);
        out.writeString(reason);
        out.writeVInt(attempts);
        out.writeVLong(sinceMillis);
        out.writeVLong(lastMillis);
        out.writeVLong(nextMillis);
    }
}
