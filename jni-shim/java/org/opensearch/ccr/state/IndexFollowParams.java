package org.opensearch.ccr.state;

import org.opensearch.Version;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.Index;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.persistent.PersistentTaskParams;

import java.io.IOException;

/**
 * What the task of one followed index is told.
 *
 * @param alias    remote-cluster connection
 * @param leader   the leader index
 * @param follower name of the follower index, which may not exist yet
 * @param rebuild  whether a follower index that exists is first made a copy of the leader again
 */
public record IndexFollowParams(String alias, Index leader, String follower, boolean rebuild) implements PersistentTaskParams {

    private static final ParseField ALIAS = new ParseField("leader_alias");
    private static final ParseField LEADER = new ParseField("leader_index");
    private static final ParseField FOLLOWER = new ParseField("follower_index");
    private static final ParseField REBUILD = new ParseField("rebuild");

    private static final ConstructingObjectParser<IndexFollowParams, Void> PARSER = new ConstructingObjectParser<>(
        "index_follow_params",
        true,
        args -> new IndexFollowParams((String) args[0], (Index) args[1], (String) args[2], Boolean.TRUE.equals(args[3]))
    );

    static {
        PARSER.declareString(ConstructingObjectParser.constructorArg(), ALIAS);
        PARSER.declareObject(ConstructingObjectParser.constructorArg(), (parser, context) -> Index.fromXContent(parser), LEADER);
        PARSER.declareString(ConstructingObjectParser.constructorArg(), FOLLOWER);
        PARSER.declareBoolean(ConstructingObjectParser.optionalConstructorArg(), REBUILD);
    }

    public IndexFollowParams(StreamInput in) throws IOException {
        this(in.readString(), new Index(in), in.readString(), in.readBoolean());
    }

    public static IndexFollowParams fromXContent(XContentParser parser) {
        return PARSER.apply(parser, null);
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(alias);
        leader.writeTo(out);
        out.writeString(follower);
        out.writeBoolean(rebuild);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject();
        builder.field(ALIAS.getPreferredName(), alias);
        builder.field(LEADER.getPreferredName());
        leader.toXContent(builder, params);
        builder.field(FOLLOWER.getPreferredName(), follower);
        if (rebuild) {
            builder.field(REBUILD.getPreferredName(), true);
        }
        return builder.endObject();
    }

    @Override
    public String getWriteableName() {
        return FollowTasks.INDEX_TASK;
    }

    @Override
    public Version getMinimalSupportedVersion() {
        return Version.V_3_0_0;
    }
}
