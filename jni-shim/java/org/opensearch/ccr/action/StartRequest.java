package org.opensearch.ccr.action;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.ccr.common.FollowerRequest;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.Strings;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ObjectParser;
import org.opensearch.core.xcontent.XContentParser;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What {@code _start} is asked: which leader index, in whose name, with which settings over the leader's. */
public final class StartRequest extends FollowerRequest<StartRequest> {

    private static final String ALIAS = "leader_alias";
    private static final String INDEX = "leader_index";
    private static final String OLD_ALIAS = "remote_cluster";
    private static final String OLD_INDEX = "remote_index";
    private static final ObjectParser<StartRequest, Void> PARSER = new ObjectParser<>("start_replication");
    private static final ObjectParser<StartRequest, Void> OLD_PARSER = new ObjectParser<>("start_replication");
    private static final ObjectParser<StartRequest, Void> ROLES = new ObjectParser<>("use_roles");

    static {
        declare(PARSER);
        declare(OLD_PARSER);
        OLD_PARSER.declareString((request, value) -> request.alias = once(request.alias, value, OLD_ALIAS, ALIAS), new ParseField(OLD_ALIAS));
        OLD_PARSER.declareString((request, value) -> request.leader = once(request.leader, value, OLD_INDEX, INDEX), new ParseField(OLD_INDEX));
        ROLES.declareString((request, value) -> request.leaderRole = value, new ParseField("leader_cluster_role"));
        ROLES.declareString((request, value) -> request.followerRole = value, new ParseField("follower_cluster_role"));
    }

    private static void declare(ObjectParser<StartRequest, Void> parser) {
        parser.declareString((request, value) -> request.alias = once(request.alias, value, OLD_ALIAS, ALIAS), new ParseField(ALIAS));
        parser.declareString((request, value) -> request.leader = once(request.leader, value, OLD_INDEX, INDEX), new ParseField(INDEX));
        parser.declareField((body, request, context) -> {
            request.rolesGiven = true;
            ROLES.parse(body, request, null);
        }, new ParseField("use_roles"), ObjectParser.ValueType.OBJECT);
        parser.declareField(
            (body, request, context) -> request.settings = Settings.fromXContent(body),
            new ParseField("settings"),
            ObjectParser.ValueType.OBJECT
        );
    }

    /** The value, unless the body has said another one before: by the same word, or by the one that means the same. */
    private static String once(String before, String value, String old, String word) {
        if (before != null && before.equals(value) == false) {
            throw new IllegalArgumentException(
                "[" + old + "] and [" + word + "] mean the same: give one of them, not [" + before + "] and [" + value + "]"
            );
        }
        return value;
    }

    private String alias;
    private String leader;
    private boolean rolesGiven;
    private String leaderRole;
    private String followerRole;
    private Settings settings = Settings.EMPTY;
    private boolean waitForRestore;
    private boolean byRule;
    /** Who made the rule; null for a caller's own start, whose name its context tells. */
    private String user;

    public StartRequest(String follower) {
        super(follower);
    }

    public StartRequest(String follower, String alias, String leader, FollowRoles roles, Settings settings) {
        super(follower);
        this.alias = alias;
        this.leader = leader;
        this.rolesGiven = roles.present();
        this.leaderRole = roles.leader();
        this.followerRole = roles.follower();
        this.settings = settings;
    }

    /**
     * Reads the body.
     *
     * @param old whether {@code remote_cluster} and {@code remote_index} may stand for {@code leader_alias} and {@code leader_index}
     * @throws org.opensearch.core.xcontent.XContentParseException on an unknown field or a wrong type
     */
    public static StartRequest fromXContent(XContentParser parser, String follower, boolean old) throws IOException {
        return (old ? OLD_PARSER : PARSER).parse(parser, new StartRequest(follower), null);
    }

    /** What an auto-follow rule starts. Only code can make one: the caller's rights were looked at when the rule was made. */
    public static StartRequest ofRule(String follower, String alias, String leader, FollowRoles roles, Settings settings) {
        StartRequest request = new StartRequest(follower);
        request.alias = alias;
        request.leader = leader;
        request.rolesGiven = roles.present();
        request.leaderRole = roles.leader();
        request.followerRole = roles.follower();
        request.settings = settings;
        request.byRule = true;
        request.user = roles.user();
        return request;
    }

    /** A request with nothing but what is mandatory; what is null is told by {@link #validate}. */
    public static StartRequest of(String follower, String alias, String leader) {
        StartRequest start = new StartRequest(follower);
        start.alias = alias;
        start.leader = leader;
        return start;
    }

    /** The request that a replication could have been started with. */
    static StartRequest of(FollowRecord record) {
        StartRequest start = of(record.follower(), record.alias(), record.leader());
        start.rolesGiven = record.roles().present();
        start.leaderRole = record.roles().leader();
        start.followerRole = record.roles().follower();
        start.settings = record.settings();
        return start;
    }

    public StartRequest(StreamInput in) throws IOException {
        super(in);
        alias = in.readOptionalString();
        leader = in.readOptionalString();
        rolesGiven = in.readBoolean();
        leaderRole = in.readOptionalString();
        followerRole = in.readOptionalString();
        settings = Settings.readSettingsFromStream(in);
        waitForRestore = in.readBoolean();
        byRule = in.readBoolean();
        user = in.readOptionalString();
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeOptionalString(alias);
        out.writeOptionalString(leader);
        out.writeBoolean(rolesGiven);
        out.writeOptionalString(leaderRole);
        out.writeOptionalString(followerRole);
        Settings.writeSettingsToStream(settings, out);
        out.writeBoolean(waitForRestore);
        out.writeBoolean(byRule);
        out.writeOptionalString(user);
    }

    @Override
    public ActionRequestValidationException validate() {
        ActionRequestValidationException errors = new ActionRequestValidationException();
        List<String> missing = new ArrayList<>();
        if (Strings.isNullOrEmpty(alias)) {
            missing.add(ALIAS);
        }
        if (Strings.isNullOrEmpty(leader)) {
            missing.add(INDEX);
        }
        if (missing.isEmpty() == false) {
            errors.addValidationError("Mandatory params " + missing + " are missing for the request");
            return errors;
        }
        // A rule may be told to take dot indices, too.
        IndexNames.validate(leader, byRule, errors);
        IndexNames.validate(follower(), byRule, errors);
        if (rolesGiven && (Strings.isNullOrEmpty(leaderRole) || Strings.isNullOrEmpty(followerRole))) {
            errors.addValidationError("Need roles for leader_cluster_role and follower_cluster_role");
        } else if (rolesGiven) {
            FollowRoles.validate(leaderRole, errors);
            FollowRoles.validate(followerRole, errors);
        }
        return errors.validationErrors().isEmpty() ? null : errors;
    }

    public String alias() {
        return alias;
    }

    public String leader() {
        return leader;
    }

    public FollowRoles roles() {
        return rolesGiven ? new FollowRoles(leaderRole, followerRole, user) : FollowRoles.NONE;
    }

    public Settings settings() {
        return settings;
    }

    /** True answers when the shards follow, false as soon as the copy of the leader's files has begun. */
    public boolean waitForRestore() {
        return waitForRestore;
    }

    public StartRequest waitForRestore(boolean wait) {
        waitForRestore = wait;
        return this;
    }

    /** Whether an auto-follow rule asks, and not a user. */
    public boolean byRule() {
        return byRule;
    }
}
