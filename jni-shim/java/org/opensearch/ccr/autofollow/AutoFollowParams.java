package org.opensearch.ccr.autofollow;

import org.opensearch.Version;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.persistent.PersistentTaskParams;

import java.io.IOException;

/**
 * Which rule a task carries out; what the rule says stands in {@link org.opensearch.ccr.state.RuleSet}. Names and id are part of
 * the API contract.
 */
public record AutoFollowParams(String alias, String rule) implements PersistentTaskParams {

    static final String NAME = "cluster:admin/plugins/replication/autofollow";
    private static final ParseField ALIAS = new ParseField("leader_cluster");
    private static final ParseField RULE = new ParseField("pattern_name");

    private static final ConstructingObjectParser<AutoFollowParams, Void> PARSER = new ConstructingObjectParser<>(
        "autofollow_params",
        true,
        args -> new AutoFollowParams((String) args[0], (String) args[1])
    );

    static {
        PARSER.declareString(ConstructingObjectParser.constructorArg(), ALIAS);
        PARSER.declareString(ConstructingObjectParser.constructorArg(), RULE);
    }

    public AutoFollowParams(StreamInput in) throws IOException {
        this(in.readString(), in.readString());
    }

    static AutoFollowParams fromXContent(XContentParser parser) {
        return PARSER.apply(parser, null);
    }

    String taskId() {
        return "autofollow:" + alias + ":" + rule;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(alias);
        out.writeString(rule);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject();
        builder.field(ALIAS.getPreferredName(), alias);
        builder.field(RULE.getPreferredName(), rule);
        return builder.endObject();
    }

    @Override
    public String getWriteableName() {
        return NAME;
    }

    @Override
    public Version getMinimalSupportedVersion() {
        return Version.V_3_0_0;
    }
}
