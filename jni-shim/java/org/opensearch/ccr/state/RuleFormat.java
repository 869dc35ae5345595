package org.opensearch.ccr.state;

import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.xcontent.ToXContent;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How a {@link Rule} is written into the cluster state's file and shown to users: the same fields as in the request that makes it. */
public final class RuleFormat {

    public static final String ALIAS = "leader_alias";
    public static final String NAME = "name";
    public static final String PATTERN = "pattern";
    public static final String PATTERNS = "patterns";
    public static final String EXCLUSIONS = "exclude_patterns";
    public static final String FOLLOWER_PATTERN = "follower_index_pattern";
    public static final String ROLES = "use_roles";
    public static final String LEADER_ROLE = "leader_cluster_role";
    public static final String FOLLOWER_ROLE = "follower_cluster_role";
    public static final String SETTINGS = "settings";
    public static final String HIDDEN = "include_hidden";
    public static final String SYSTEM = "include_system";
    public static final String FOLLOWERS = "include_followers";
    private static final String USER = "user";
    private static final String PAUSE = "pause_reason";
    private static final String VERSION = "version";
    private static final String TOMBSTONES = "tombstones";
    private static final String FOLLOWER = "follower_index";
    private static final String LEADER = "leader_index";
    private static final String UUID = "leader_index_uuid";
    private static final String SINCE = "since";
    private static final ToXContent.Params FLAT = new ToXContent.MapParams(Map.of("flat_settings", "true"));

    private RuleFormat() {}

    /** Fields only; the caller opens and closes the object. */
    public static void write(Rule rule, XContentBuilder builder) throws IOException {
        builder.field(NAME, rule.name());
        builder.field(ALIAS, rule.alias());
        builder.field("state", rule.paused() ? "PAUSED" : "RUNNING");
        if (rule.paused()) {
            builder.field(PAUSE, rule.pause());
        }
        builder.field(PATTERNS, rule.patterns());
        builder.field(EXCLUSIONS, rule.exclusions());
        if (rule.followerPattern() != null) {
            builder.field(FOLLOWER_PATTERN, rule.followerPattern());
        }
        builder.field(HIDDEN, rule.hidden());
        builder.field(SYSTEM, rule.system());
        builder.field(FOLLOWERS, rule.followers());
        if (rule.roles().present()) {
            builder.startObject(ROLES);
            builder.field(LEADER_ROLE, rule.roles().leader());
            builder.field(FOLLOWER_ROLE, rule.roles().follower());
            builder.endObject();
        }
        if (rule.roles().user() != null) {
            builder.field(USER, rule.roles().user());
        }
        builder.startObject(SETTINGS);
        rule.settings().toXContent(builder, FLAT);
        builder.endObject();
        builder.field(VERSION, rule.version());
        builder.startArray(TOMBSTONES);
        for (Map.Entry<String, Tombstone> entry : new TreeMap<>(rule.tombstones()).entrySet()) {
            builder.startObject();
            builder.field(FOLLOWER, entry.getKey());
            builder.field(LEADER, entry.getValue().leader());
            builder.field(UUID, entry.getValue().leaderUuid());
            builder.field(SINCE, entry.getValue().sinceMillis());
            builder.endObject();
        }
        builder.endArray();
    }

    /** @throws IllegalStateException when a field is missing that {@link #write} always writes */
    static Rule read(Map<?, ?> fields) {
        Map<?, ?> roles = fields.get(ROLES) instanceof Map<?, ?> map ? map : Map.of();
        Map<String, Tombstone> tombstones = new HashMap<>();
        if (fields.get(TOMBSTONES) instanceof List<?> list) {
            for (Object item : list) {
                if (item instanceof Map<?, ?> tombstone) {
                    String leader = optional(tombstone, LEADER);
                    tombstones.put(
                        text(tombstone, FOLLOWER),
                        new Tombstone(leader == null ? "" : leader, text(tombstone, UUID), number(tombstone, SINCE))
                    );
                }
            }
        }
        return new Rule(
            text(fields, ALIAS),
            text(fields, NAME),
            texts(fields, PATTERNS),
            texts(fields, EXCLUSIONS),
            fields.get(FOLLOWER_PATTERN) instanceof String pattern ? pattern : null,
            new FollowRoles(optional(roles, LEADER_ROLE), optional(roles, FOLLOWER_ROLE), optional(fields, USER)),
            settings(fields),
            Boolean.TRUE.equals(fields.get(HIDDEN)),
            Boolean.TRUE.equals(fields.get(SYSTEM)),
            Boolean.TRUE.equals(fields.get(FOLLOWERS)),
            optional(fields, PAUSE),
            number(fields, VERSION),
            tombstones
        );
    }

    private static Settings settings(Map<?, ?> fields) {
        Settings.Builder settings = Settings.builder();
        if (fields.get(SETTINGS) instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                if (value instanceof List<?> list) {
                    settings.putList(key.toString(), list.stream().map(String::valueOf).toList());
                } else if (value == null) {
                    settings.putNull(key.toString());
                } else {
                    settings.put(key.toString(), value.toString());
                }
            });
        }
        return settings.build();
    }

    private static String optional(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof String text ? text : null;
    }

    private static String text(Map<?, ?> fields, String name) {
        if (fields.get(name) instanceof String text) {
            return text;
        }
        throw new IllegalStateException("auto-follow rule without [" + name + "] in the cluster state");
    }

    private static List<String> texts(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof List<?> list ? list.stream().map(String::valueOf).toList() : List.of();
    }

    private static long number(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof Number number ? number.longValue() : 0;
    }
}
