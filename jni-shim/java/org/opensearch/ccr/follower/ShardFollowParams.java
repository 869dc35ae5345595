package org.opensearch.ccr.follower;

import org.opensearch.Version;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.core.xcontent.ConstructingObjectParser;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.persistent.PersistentTaskParams;

import java.io.IOException;
import java.util.Objects;

/**
 * What one shard task follows, and with whose rights.
 *
 * @param leaderAlias   remote-cluster connection
 * @param leaderShard   with the leader index's UUID: an index deleted and created again under its name is another one
 * @param followerShard with the follower index's UUID
 * @param roles         the roles the replication runs with
 */
public record ShardFollowParams(String leaderAlias, ShardId leaderShard, ShardId followerShard, FollowRoles roles) implements PersistentTaskParams {
    /** Name of the persistent task; it shows in {@code _tasks} as {@code NAME[c]}. */
    public static final String NAME = "cluster:indices/shards/replication";

    private static final ParseField ALIAS = new ParseField("leader_alias");
    private static final ParseField LEADER_SHARD = new ParseField("leader_shard");
    private static final ParseField LEADER_UUID = new ParseField("leader_index_uuid");
    private static final ParseField FOLLOWER_SHARD = new ParseField("follower_shard");
    private static final ParseField FOLLOWER_UUID = new ParseField("follower_index_uuid");
    private static final ParseField LEADER_ROLE = new ParseField("leader_cluster_role");
    private static final ParseField FOLLOWER_ROLE = new ParseField("follower_cluster_role");
    private static final ParseField USER = new ParseField("user");

    private static final ConstructingObjectParser<ShardFollowParams, Void> PARSER = new ConstructingObjectParser<>(
        NAME,
        true,
        args -> new ShardFollowParams(
            (String) args[0],
            shard((String) args[1], (String) args[2]),
            shard((String) args[3], (String) args[4]),
            new FollowRoles((String) args[5], (String) args[6], (String) args[7])
        )
    );
    static {
        PARSER.declareString(ConstructingObjectParser.constructorArg(), ALIAS);
        PARSER.declareString(ConstructingObjectParser.constructorArg(), LEADER_SHARD);
        PARSER.declareString(ConstructingObjectParser.constructorArg(), LEADER_UUID);
        PARSER.declareString(ConstructingObjectParser.constructorArg(), FOLLOWER_SHARD);
        PARSER.declareString(ConstructingObjectParser.constructorArg(), FOLLOWER_UUID);
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), LEADER_ROLE);
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), FOLLOWER_ROLE);
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), USER);
    }

    public ShardFollowParams {
        Objects.requireNonNull(leaderAlias);
        Objects.requireNonNull(leaderShard);
        Objects.requireNonNull(followerShard);
        Objects.requireNonNull(roles);
    }

    public ShardFollowParams(StreamInput in) throws IOException {
        this(in.readString(), new ShardId(in), new ShardId(in), new FollowRoles(in));
    }

    public static ShardFollowParams fromXContent(XContentParser parser) {
        return PARSER.apply(parser, null);
    }

    /** Id of the persistent task of a follower shard: {@code replication:[follower][0]}. */
    public static String taskId(ShardId followerShard) {
        return "replication:" + followerShard;
    }

    /** What {@code _tasks} shows. */
    public String description() {
        return "replication:" + leaderAlias + ":" + leaderShard + " -> " + followerShard;
    }

    private static ShardId shard(String text, String uuid) {
        ShardId named = ShardId.fromString(text);
        return new ShardId(named.getIndexName(), uuid, named.id());
    }

    @Override
    public String getWriteableName() {
        return NAME;
    }

    @Override
    public Version getMinimalSupportedVersion() {
        return Version.V_3_0_0;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(leaderAlias);
        leaderShard.writeTo(out);
        followerShard.writeTo(out);
        roles.writeTo(out);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject()
            .field(ALIAS.getPreferredName(), leaderAlias)
            .field(LEADER_SHARD.getPreferredName(), leaderShard.toString())
            .field(LEADER_UUID.getPreferredName(), leaderShard.getIndex().getUUID())
            .field(FOLLOWER_SHARD.getPreferredName(), followerShard.toString())
            .field(FOLLOWER_UUID.getPreferredName(), followerShard.getIndex().getUUID());
        if (roles.present()) {
            builder.field(LEADER_ROLE.getPreferredName(), roles.leader()).field(FOLLOWER_ROLE.getPreferredName(), roles.follower());
        }
        if (roles.user() != null) {
            builder.field(USER.getPreferredName(), roles.user());
        }
        return builder.endObject();
    }
}
