package org.opensearch.ccr.state;

import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.persistent.PersistentTaskState;

import java.io.IOException;

/**
 * How far the task of one followed index has come. Written on transitions only.
 *
 * @param error       null unless FAILED
 * @param sinceMillis when it came so far, epoch milliseconds; 0 when another version wrote it
 */
public record IndexFollowState(Phase phase, String error, long sinceMillis) implements PersistentTaskState {

    /** In this order; HELD and RESTORING may take turns, and FAILED may come at any time. */
    public enum Phase {
        /** Begun; the follower index stands already when a paused replication was resumed. */
        INIT,
        /** The leader's files are on their way; the follower index is not to be used before this is over. */
        RESTORING,
        /** A restore came to nothing and nothing of it is left; it begins anew when what was in its way may be gone. */
        HELD,
        /** The follower index is complete; its shards are about to follow. */
        INIT_FOLLOW,
        /** Each shard has its task. */
        FOLLOWING,
        /** Given up; the error says why. */
        FAILED
    }

    private static final ParseField STATE = new ParseField("state");
    private static final ParseField ERROR = new ParseField("error_message");

    private static final ParseField SINCE = new ParseField("since_millis");

    private static final ConstructingObjectParser<IndexFollowState, Void> PARSER = new ConstructingObjectParser<>(
        "index_follow_state",
        true,
        args -> new IndexFollowState(Phase.valueOf((String) args[0]), (String) args[1], args[2] == null ? 0 : (Long) args[2])
    );

    static {
        PARSER.declareString(ConstructingObjectParser.constructorArg(), STATE);
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), ERROR);
        PARSER.declareLong(ConstructingObjectParser.optionalConstructorArg(), SINCE);
    }

    public IndexFollowState(Phase phase) {
        this(phase, null, System.currentTimeMillis());
    }

    public IndexFollowState(StreamInput in) throws IOException {
        this(in.readEnum(Phase.class), in.readOptionalString(), in.readVLong());
    }

    public static IndexFollowState fromXContent(XContentParser parser) {
        return PARSER.apply(parser, null);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeEnum(phase);
        out.writeOptionalString(error);
        out.writeVLong(sinceMillis);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject().field(STATE.getPreferredName(), phase.name());
        builder.field(SINCE.getPreferredName(), sinceMillis);
        if (error != null) {
            builder.field(ERROR.getPreferredName(), error);
        }
        return builder.endObject();
    }

    @Override
    public String getWriteableName() {
        return FollowTasks.INDEX_TASK;
    }
}
