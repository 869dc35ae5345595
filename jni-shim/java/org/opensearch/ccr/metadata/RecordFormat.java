package org.opensearch.ccr.metadata;

import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.xcontent.XContentFactory;
import org.opensearch.core.xcontent.ToXContent;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** How a {@link FollowRecord} stands in a document of the metadata index; the shape is upstream's. */
final class RecordFormat {

    static final String TYPE_INDEX = "INDEX";
    private static final String CONNECTION = "connection_name";
    private static final String KIND = "metadata_type";
    private static final String STATE = "overall_state";
    private static final String REASON = "reason";
    private static final String FOLLOWER = "follower_context";
    private static final String LEADER = "leader_context";
    private static final String SETTINGS = "settings";
    /** Roles travel under a name that no role mapping knows. */
    private static final String USER_NAME = "ccr_user";

    /** Mapping of the metadata index. Settings are stored only: their keys would otherwise become fields that contradict each other. */
    static final String MAPPING = """
        {
          "dynamic": "strict",
          "_meta": { "schema_version": 2 },
          "properties": {
            "connection_name": { "type": "keyword" },
            "metadata_type": { "type": "keyword" },
            "overall_state": { "type": "keyword" },
            "reason": { "type": "text", "fields": { "keyword": { "type": "keyword", "ignore_above": 256 } } },
            "follower_index_pattern": { "type": "keyword" },
            "settings": { "type": "object", "enabled": false },
            "follower_context": %1$s,
            "leader_context": %1$s
          }
        }
        """.formatted("""
        {
              "type": "nested",
              "properties": {
                "resource": { "type": "keyword" },
                "user": {
                  "type": "nested",
                  "properties": {
                    "name": { "type": "keyword" },
                    "backend_roles": { "type": "keyword" },
                    "roles": { "type": "keyword" },
                    "custom_attribute_names": { "type": "keyword" },
                    "user_requested_tenant": { "type": "keyword" }
                  }
                }
              }
            }""");

    private RecordFormat() {}

    static XContentBuilder write(FollowRecord record) throws IOException {
        XContentBuilder builder = XContentFactory.jsonBuilder().startObject();
        builder.field(CONNECTION, record.alias());
        builder.field(KIND, TYPE_INDEX);
        builder.field(STATE, record.state().name());
        builder.field(REASON, record.reason());
        String user = record.roles().user() == null ? USER_NAME : record.roles().user();
        context(builder, FOLLOWER, record.follower(), record.roles().follower(), user);
        context(builder, LEADER, record.leader(), record.roles().leader(), user);
        builder.startObject(SETTINGS);
        record.settings().toXContent(builder, ToXContent.EMPTY_PARAMS);
        return builder.endObject().endObject();
    }

    private static void context(XContentBuilder builder, String name, String resource, String role, String user) throws IOException {
        builder.startObject(name).field("resource", resource);
        if (role != null) {
            builder.startObject("user");
            builder.field("name", user);
            builder.field("backend_roles", List.of());
            builder.field("roles", List.of(role));
            builder.field("custom_attribute_names", List.of());
            builder.endObject();
        }
        builder.endObject();
    }

    /** @throws DamagedRecordException when the document is not one of an index, or is damaged */
    static FollowRecord read(String follower, Map<String, Object> source, long seqNo, long primaryTerm) {
        try {
            return parse(follower, source, seqNo, primaryTerm);
        } catch (RuntimeException e) {
            throw new DamagedRecordException(follower, e);
        }
    }

    private static FollowRecord parse(String follower, Map<String, Object> source, long seqNo, long primaryTerm) {
        if (TYPE_INDEX.equals(source.get(KIND)) == false) {
            throw new IllegalStateException("document [" + follower + "] of the replication metadata is not about an index");
        }
        Map<?, ?> settings = source.get(SETTINGS) instanceof Map<?, ?> map ? map : Map.of();
        Settings.Builder builder = Settings.builder();
        flatten("", settings, builder);
        return new FollowRecord(
            follower,
            text(source, CONNECTION, follower),
            text(child(source, LEADER), "resource", follower),
            OverallState.valueOf(text(source, STATE, follower)),
            source.get(REASON) instanceof String reason ? reason : "",
            new FollowRoles(role(child(source, LEADER)), role(child(source, FOLLOWER)), user(child(source, FOLLOWER))),
            builder.build(),
            seqNo,
            primaryTerm
        );
    }

    private static void flatten(String prefix, Map<?, ?> values, Settings.Builder into) {
        values.forEach((key, value) -> {
            if (value instanceof Map<?, ?> nested) {
                flatten(prefix + key + ".", nested, into);
            } else if (value instanceof List<?> list) {
                into.putList(prefix + key, list.stream().map(String::valueOf).toList());
            } else if (value == null) {
                into.putNull(prefix + key);
            } else {
                into.put(prefix + key, value.toString());
            }
        });
    }

    private static String text(Map<?, ?> fields, String name, String follower) {
        if (fields.get(name) instanceof String value) {
            return value;
        }
        throw new IllegalStateException("replication metadata of [" + follower + "] has no [" + name + "]");
    }

    private static Map<?, ?> child(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof Map<?, ?> map ? map : Map.of();
    }

    /** Null for the name that stands for nobody. */
    private static String user(Map<?, ?> context) {
        return child(context, "user").get("name") instanceof String name && name.equals(USER_NAME) == false ? name : null;
    }

    /** The first role; upstream stored several for a user, and the roles that were asked for stood alone. */
    private static String role(Map<?, ?> context) {
        return child(context, "user").get("roles") instanceof List<?> roles && roles.isEmpty() == false ? roles.get(0).toString() : null;
    }
}
