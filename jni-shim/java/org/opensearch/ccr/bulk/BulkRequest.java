package org.opensearch.ccr.bulk;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.settings.BulkSettings;
import org.opensearch.common.regex.Regex;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.Strings;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.ObjectParser;
import org.opensearch.core.xcontent.XContentParser;

import java.io.IOException;
import java.util.List;

/**
 * One verb for all indices whose names match a pattern and no filter. Its {@code timeout} is how long each of them may take; it
 * is negative when the setting decides.
 */
public final class BulkRequest extends AcknowledgedRequest<BulkRequest> {

    private static final String FORBIDDEN = " \"<>|\\#,";
    private static final ObjectParser<BulkRequest, Void> PARSER = new ObjectParser<>("bulk_replication");
    private static final ObjectParser<BulkRequest, Void> START_PARSER = new ObjectParser<>("bulk_start_replication");
    private static final ObjectParser<BulkRequest, Void> ROLES = new ObjectParser<>("use_roles");
    private static final ObjectParser<BulkRequest, Void> FILTERS = new ObjectParser<>("filters");

    static {
        declare(PARSER);
        declare(START_PARSER);
        START_PARSER.declareString((request, value) -> request.alias = value, new ParseField("leader_alias"));
        START_PARSER.declareField((parser, request, context) -> {
            request.rolesGiven = true;
            ROLES.parse(parser, request, null);
        }, new ParseField("use_roles"), ObjectParser.ValueType.OBJECT);
        ROLES.declareString((request, value) -> request.leaderRole = value, new ParseField("leader_cluster_role"));
        ROLES.declareString((request, value) -> request.followerRole = value, new ParseField("follower_cluster_role"));
        FILTERS.declareStringArray((request, values) -> request.excluded = values, new ParseField("exclude_index"));
    }

    private static void declare(ObjectParser<BulkRequest, Void> parser) {
        parser.declareString((request, value) -> request.pattern = value, new ParseField("pattern"));
        parser.declareField(
            (body, request, context) -> FILTERS.parse(body, request, null),
            new ParseField("filters"),
            ObjectParser.ValueType.OBJECT
        );
    }

    private final BulkVerb verb;
    private String alias;
    private String pattern;
    private List<String> excluded = List.of();
    private boolean rolesGiven;
    private String leaderRole;
    private String followerRole;

    private BulkRequest(BulkVerb verb) {
        this.verb = verb;
        timeout(TimeValue.MINUS_ONE);
    }

    /** Reads the body. @throws org.opensearch.core.xcontent.XContentParseException on an unknown field or a wrong type */
    public static BulkRequest fromXContent(XContentParser parser, BulkVerb verb) throws IOException {
        return (verb == BulkVerb.START ? START_PARSER : PARSER).parse(parser, new BulkRequest(verb), null);
    }

    public BulkRequest(StreamInput in) throws IOException {
        super(in);
        verb = in.readEnum(BulkVerb.class);
        alias = in.readOptionalString();
        pattern = in.readOptionalString();
        excluded = in.readStringList();
        rolesGiven = in.readBoolean();
        leaderRole = in.readOptionalString();
        followerRole = in.readOptionalString();
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeEnum(verb);
        out.writeOptionalString(alias);
        out.writeOptionalString(pattern);
        out.writeStringCollection(excluded);
        out.writeBoolean(rolesGiven);
        out.writeOptionalString(leaderRole);
        out.writeOptionalString(followerRole);
    }

    @Override
    public ActionRequestValidationException validate() {
        ActionRequestValidationException errors = new ActionRequestValidationException();
        if (verb == BulkVerb.START && Strings.isNullOrEmpty(alias)) {
            errors.addValidationError("leader_alias is required for bulk start");
        }
        String wrong = wrong(pattern);
        if (wrong != null) {
            errors.addValidationError(wrong);
        }
        if (rolesGiven && (Strings.isNullOrEmpty(leaderRole) || Strings.isNullOrEmpty(followerRole))) {
            errors.addValidationError("Need roles for leader_cluster_role and follower_cluster_role");
        }
        return errors.validationErrors().isEmpty() ? null : errors;
    }

    /** What is wrong with a pattern of index names, in the words of the contract; null when nothing is. */
    static String wrong(String pattern) {
        if (Strings.isNullOrEmpty(pattern)) {
            return "pattern is required";
        }
        boolean forbidden = pattern.chars().anyMatch(c -> FORBIDDEN.indexOf(c) >= 0);
        return forbidden || pattern.startsWith("_") ? "pattern contains invalid characters: " + pattern : null;
    }

    /** Whether this request is about an index of that name. */
    boolean matches(String index) {
        return matches(pattern, index) && excluded.stream().noneMatch(filter -> Regex.simpleMatch(filter, index));
    }

    /** Whether a pattern is about an index: a dot index only when the pattern begins with a dot, too. */
    static boolean matches(String pattern, String index) {
        return Regex.simpleMatch(pattern, index) && (index.startsWith(".") == false || pattern.startsWith("."));
    }

    BulkVerb verb() {
        return verb;
    }

    String alias() {
        return alias;
    }

    String pattern() {
        return pattern;
    }

    /** How long one index may take. */
    TimeValue patience(ClusterSettings settings) {
        return timeout().duration() >= 0 ? timeout() : TimeValue.timeValueMinutes(settings.get(BulkSettings.POLL_TIMEOUT));
    }

    FollowRoles roles() {
        return rolesGiven ? new FollowRoles(leaderRole, followerRole) : FollowRoles.NONE;
    }
}
