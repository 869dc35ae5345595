package org.opensearch.ccr.autofollow;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.ccr.action.IndexNames;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.state.Rule;
import org.opensearch.ccr.state.RuleFormat;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.Strings;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ObjectParser;
import org.opensearch.core.xcontent.XContentParser;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** What a user says of a rule. A field that was not given is null. */
public final class RuleBody implements Writeable {

    private static final ObjectParser<RuleBody, Void> PARSER = new ObjectParser<>("autofollow", RuleBody::new);
    private static final ObjectParser<RuleBody, Void> ROLES = new ObjectParser<>(RuleFormat.ROLES);

    static {
        PARSER.declareString((body, value) -> body.alias = value, new ParseField(RuleFormat.ALIAS));
        PARSER.declareString((body, value) -> body.name = value, new ParseField(RuleFormat.NAME));
        PARSER.declareString((body, value) -> body.pattern = value, new ParseField(RuleFormat.PATTERN));
        PARSER.declareStringArray((body, value) -> body.patterns = value, new ParseField(RuleFormat.PATTERNS));
        PARSER.declareStringArray((body, value) -> body.exclusions = value, new ParseField(RuleFormat.EXCLUSIONS));
        PARSER.declareString((body, value) -> body.followerPattern = value, new ParseField(RuleFormat.FOLLOWER_PATTERN));
        PARSER.declareBoolean((body, value) -> body.hidden = value, new ParseField(RuleFormat.HIDDEN));
        PARSER.declareBoolean((body, value) -> body.system = value, new ParseField(RuleFormat.SYSTEM));
        PARSER.declareBoolean((body, value) -> body.followers = value, new ParseField(RuleFormat.FOLLOWERS));
        PARSER.declareField((parser, body, context) -> {
            body.rolesGiven = true;
            ROLES.parse(parser, body, null);
        }, new ParseField(RuleFormat.ROLES), ObjectParser.ValueType.OBJECT);
        PARSER.declareField(
            (parser, body, context) -> body.settings = Settings.fromXContent(parser),
            new ParseField(RuleFormat.SETTINGS),
            ObjectParser.ValueType.OBJECT
        );
        ROLES.declareString((body, value) -> body.leaderRole = value, new ParseField(RuleFormat.LEADER_ROLE));
        ROLES.declareString((body, value) -> body.followerRole = value, new ParseField(RuleFormat.FOLLOWER_ROLE));
    }

    private String alias;
    private String name;
    private String pattern;
    private List<String> patterns;
    private List<String> exclusions;
    private String followerPattern;
    private Boolean hidden;
    private Boolean system;
    private Boolean followers;
    private boolean rolesGiven;
    private String leaderRole;
    private String followerRole;
    private Settings settings;

    public RuleBody() {}

    /** @throws org.opensearch.core.xcontent.XContentParseException on an unknown field or a wrong type */
    static RuleBody fromXContent(XContentParser parser) throws IOException {
        return PARSER.parse(parser, null);
    }

    public RuleBody(StreamInput in) throws IOException {
        alias = in.readOptionalString();
        name = in.readOptionalString();
        pattern = in.readOptionalString();
        patterns = in.readOptionalStringList();
        exclusions = in.readOptionalStringList();
        followerPattern = in.readOptionalString();
        hidden = in.readOptionalBoolean();
        system = in.readOptionalBoolean();
        followers = in.readOptionalBoolean();
        rolesGiven = in.readBoolean();
        leaderRole = in.readOptionalString();
        followerRole = in.readOptionalString();
        settings = in.readBoolean() ? Settings.readSettingsFromStream(in) : null;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeOptionalString(alias);
        out.writeOptionalString(name);
        out.writeOptionalString(pattern);
        out.writeOptionalStringCollection(patterns);
        out.writeOptionalStringCollection(exclusions);
        out.writeOptionalString(followerPattern);
        out.writeOptionalBoolean(hidden);
        out.writeOptionalBoolean(system);
        out.writeOptionalBoolean(followers);
        out.writeBoolean(rolesGiven);
        out.writeOptionalString(leaderRole);
        out.writeOptionalString(followerRole);
        out.writeBoolean(settings != null);
        if (settings != null) {
            Settings.writeSettingsToStream(settings, out);
        }
    }

    String alias() {
        return alias;
    }

    String name() {
        return name;
    }

    /** Which rule is meant when the path says it; a body that says another one contradicts. */
    void named(String pathName, String pathAlias) {
        if (name != null && name.equals(pathName) == false) {
            throw new IllegalArgumentException("[name] is [" + name + "] and the path says [" + pathName + "]: leave [name] out");
        }
        if (alias != null && pathAlias != null && alias.equals(pathAlias) == false) {
            throw new IllegalArgumentException(
                "[leader_alias] is [" + alias + "] in the body and [" + pathAlias + "] as parameter: give one of them"
            );
        }
        name = pathName;
        alias = alias == null ? pathAlias : alias;
    }

    /** For a rule that is to be made. */
    void validateWhole(ActionRequestValidationException errors) {
        validateTarget(errors);
        if (pattern == null && patterns == null) {
            errors.addValidationError("Missing pattern");
        }
        validateGiven(errors);
    }

    /** For a rule that is to be removed: nothing but which one. */
    void validateTarget(ActionRequestValidationException errors) {
        if (Strings.isNullOrEmpty(alias) || Strings.isNullOrEmpty(name)) {
            errors.addValidationError("Missing connection or name in the request");
        }
        validateName(errors);
    }

    void validateName(ActionRequestValidationException errors) {
        if (name != null) {
            IndexNames.validate(name, errors);
        }
    }

    void validateBare(ActionRequestValidationException errors) {
        if (pattern != null || patterns != null) {
            errors.addValidationError("Unexpected pattern");
        }
        if (followerPattern != null) {
            errors.addValidationError("Unexpected follower_index_pattern for remove action");
        }
    }

    /** The fields that are there. */
    void validateGiven(ActionRequestValidationException errors) {
        if (pattern != null && patterns != null) {
            errors.addValidationError("[pattern] and [patterns] mean the same: give one of them");
        } else if (pattern != null || patterns != null) {
            RuleNames.patterns(wanted(), errors);
        }
        if (exclusions != null) {
            RuleNames.exclusions(exclusions, errors);
        }
        if (Strings.isNullOrEmpty(followerPattern) == false) {
            RuleNames.follower(followerPattern, errors);
        }
        if (rolesGiven && (Strings.isNullOrEmpty(leaderRole) || Strings.isNullOrEmpty(followerRole))) {
            errors.addValidationError("Need roles for leader_cluster_role and follower_cluster_role");
        }
    }

    private List<String> wanted() {
        return pattern == null ? patterns : List.of(pattern);
    }

    /** A rule of version 1. */
    Rule toRule() {
        return over(
            new Rule(alias, name, List.of(), List.of(), null, FollowRoles.NONE, Settings.EMPTY, false, false, false, null, 1, Map.of())
        );
    }

    /** The rule with what was given here in place of what it had; an empty follower_index_pattern takes that away. */
    Rule over(Rule rule) {
        return new Rule(
            rule.alias(),
            rule.name(),
            pattern == null && patterns == null ? rule.patterns() : wanted(),
            exclusions == null ? rule.exclusions() : exclusions,
            followerPattern == null ? rule.followerPattern() : followerPattern.isEmpty() ? null : followerPattern,
            rolesGiven ? new FollowRoles(leaderRole, followerRole) : rule.roles(),
            settings == null ? rule.settings() : settings,
            hidden == null ? rule.hidden() : hidden,
            system == null ? rule.system() : system,
            followers == null ? rule.followers() : followers,
            rule.pause(),
            rule.version(),
            rule.tombstones()
        );
    }
}
