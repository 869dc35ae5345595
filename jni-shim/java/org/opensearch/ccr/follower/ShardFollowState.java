package org.opensearch.ccr.follower;

import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.persistent.PersistentTaskState;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;

/**
 * Persistent state of a shard task. Written on transitions only: progress is asked from the node, never from cluster state.
 *
 * @param phase  where the task stands
 * @param error  class of the failure; NONE unless FAILED
 * @param reason for people; empty unless FAILED
 */
public record ShardFollowState(Phase phase, ErrorClass error, String reason) implements PersistentTaskState {
    /** The same as the task's: persistent tasks look params and state up by the name of the task. */
    public static final String NAME = ShardFollowParams.NAME;

    static final ShardFollowState FOLLOWING = new ShardFollowState(Phase.FOLLOWING, ErrorClass.ERROR_NONE, "");

    /** Where a task stands. FAILED stays until the index task takes the shard task away. */
    public enum Phase {
        FOLLOWING,
        FAILED,
        COMPLETED
    }

    private static final ParseField STATE = new ParseField("state");
    private static final ParseField ERROR = new ParseField("error_class");
    private static final ParseField REASON = new ParseField("error_message");

    private static final ConstructingObjectParser<ShardFollowState, Void> PARSER = new ConstructingObjectParser<>(
        NAME,
        true,
        args -> new ShardFollowState(
            Phase.valueOf(((String) args[0]).toUpperCase(Locale.ROOT)),
            errorClass((String) args[1]),
            (String) args[2]
        )
    );
    static {
        PARSER.declareString(ConstructingObjectParser.constructorArg(), STATE);
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), ERROR);
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), REASON);
    }

    public ShardFollowState {
        Objects.requireNonNull(phase);
        error = error == null ? ErrorClass.ERROR_NONE : error;
        reason = reason == null ? "" : reason;
    }

    public ShardFollowState(StreamInput in) throws IOException {
        this(in.readEnum(Phase.class), errorClass(in.readString()), in.readString());
    }

    static ShardFollowState failed(ErrorClass cls, String why) {
        return new ShardFollowState(Phase.FAILED, cls, why);
    }

    public static ShardFollowState fromXContent(XContentParser parser) {
        return PARSER.apply(parser, null);
    }

    private static ErrorClass errorClass(String name) {
        if (name == null) {
            return ErrorClass.ERROR_NONE;
        }
        return Arrays.stream(ErrorClass.values()).filter(c -> c.name().equals(name)).findFirst().orElse(ErrorClass.ERROR_FATAL);
    }

    @Override
    public String getWriteableName() {
        return NAME;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeEnum(phase);
        out.writeString(error.name());
        out.writeString(reason);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject().field(STATE.getPreferredName(), phase.name());
        if (phase == Phase.FAILED) {
            builder.field(ERROR.getPreferredName(), error.name()).field(REASON.getPreferredName(), reason);
        }
        return builder.endObject();
    }
}
