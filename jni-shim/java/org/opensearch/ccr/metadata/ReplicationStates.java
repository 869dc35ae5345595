package org.opensearch.ccr.metadata;

import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The cluster state's short memory of what is replicated: follower index to wanted state. Every node can look here without a
 * call; changes wake the index tasks. It is written on transitions only, is kept over restarts, and stays out of snapshots so
 * that restoring one does not bring back replications that ended.
 */
public final class ReplicationStates extends MetadataPart {

    public static final String TYPE = "replication_metadata";
    private static final String DETAILS = "replication_details";
    private static final String STATE = "REPLICATION_LAST_KNOWN_OVERALL_STATE";
    private static final String CONNECTION = "connection_name";
    private static final String CAUSE = "cause";
    private static final String SINCE = "since_millis";
    private static final String MARKS = "shards";
    private static final ReplicationStates EMPTY = new ReplicationStates(Map.of());

    /**
     * One followed index. Its time is that of the cluster manager.
     *
     * @param alias       empty when another version of the plugin wrote the entry without it
     * @param cause       class of the error that brought it into this state; NONE when nobody but a person did
     * @param sinceMillis when it came into this state, epoch milliseconds; 0 when another version wrote it
     * @param marks       what was known of the shards when it ceased to run; empty while it runs
     */
    public record Entry(OverallState state, String alias, ErrorClass cause, long sinceMillis, List<ShardMark> marks) {

        public Entry {
            marks = List.copyOf(marks);
        }

        private static Entry read(StreamInput in) throws IOException {
            return new Entry(
                in.readEnum(OverallState.class),
                in.readString(),
                in.readEnum(ErrorClass.class),
                in.readVLong(),
                in.readList(ShardMark::new)
            );
        }

        /** Another cause for what has ceased to run already tells nothing new of its shards. */
        private Entry after(Entry other) {
            boolean keeps = marks.isEmpty() && other != null && state != OverallState.RUNNING;
            return keeps ? new Entry(state, alias, cause, sinceMillis, other.marks) : this;
        }

        private boolean says(Entry other) {
            return other != null && state == other.state && cause == other.cause && alias.equals(other.alias);
        }
    }

    private final Map<String, Entry> entries;

    private ReplicationStates(Map<String, Entry> entries) {
        super(TYPE, KEPT);
        this.entries = Map.copyOf(entries);
    }

    public ReplicationStates(StreamInput in) throws IOException {
        this(in.readMap(StreamInput::readString, Entry::read));
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeMap(entries, StreamOutput::writeString, (o, entry) -> {
            o.writeEnum(entry.state());
            o.writeString(entry.alias());
            o.writeEnum(entry.cause());
            o.writeVLong(entry.sinceMillis());
            o.writeList(entry.marks());
        });
    }

    /** For {@code Plugin.getNamedWriteables}. */
    public static List<NamedWriteableRegistry.Entry> namedWriteables() {
        return readers(TYPE, ReplicationStates::new);
    }

    /** For {@code Plugin.getNamedXContent}. */
    public static List<NamedXContentRegistry.Entry> namedXContent() {
        return List.of(
            new NamedXContentRegistry.Entry(Metadata.Custom.class, new ParseField(TYPE), ReplicationStates::fromXContent)
        );
    }

    /** Never null. */
    public static ReplicationStates of(ClusterState state) {
        ReplicationStates found = state.metadata().custom(TYPE);
        return found == null ? EMPTY : found;
    }

    /** The entry of a follower index, null when it is not replicated. */
    public Entry get(String follower) {
        return entries.get(follower);
    }

    /** Whether the follower index is wanted in this state. */
    public boolean is(String follower, OverallState wanted) {
        Entry entry = entries.get(follower);
        return entry != null && entry.state() == wanted;
    }

    public Map<String, Entry> entries() {
        return entries;
    }

    /** A copy with the entry set, or taken away when it is null; this one when nothing but its time would change. */
    public ReplicationStates with(String follower, Entry entry) {
        Entry had = entries.get(follower);
        if (had == entry || had != null && had.says(entry)) {
            return this;
        }
        Map<String, Entry> copy = new TreeMap<>(entries);
        if (entry == null) {
            copy.remove(follower);
        } else {
            copy.put(follower, entry.after(had));
        }
        return new ReplicationStates(copy);
    }

    public static ReplicationStates fromXContent(XContentParser parser) throws IOException {
        Map<String, Entry> read = new TreeMap<>();
        Object details = parser.map().get(DETAILS);
        if (details instanceof Map<?, ?> indices) {
            for (Map.Entry<?, ?> index : indices.entrySet()) {
                if (index.getValue() instanceof Map<?, ?> fields && fields.get(STATE) instanceof String state) {
                    String alias = fields.get(CONNECTION) instanceof String text ? text : "";
                    long since = fields.get(SINCE) instanceof Number number ? number.longValue() : 0;
                    String named = fields.get(CAUSE) instanceof String text ? text : null;
                    ErrorClass cause = ErrorClassifier.named(named, ErrorClass.ERROR_NONE);
                    read.put(index.getKey().toString(), new Entry(OverallState.valueOf(state), alias, cause, since, marks(fields.get(MARKS))));
                }
            }
        }
        return new ReplicationStates(read);
    }

    private static List<ShardMark> marks(Object read) {
        return read instanceof List<?> list ? list.stream().map(ShardMark::of).filter(Objects::nonNull).toList() : List.of();
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject(DETAILS);
        for (Map.Entry<String, Entry> entry : new TreeMap<>(entries).entrySet()) {
            builder.startObject(entry.getKey());
            builder.field(STATE, entry.getValue().state().name());
            builder.field(CONNECTION, entry.getValue().alias());
            if (entry.getValue().cause() != ErrorClass.ERROR_NONE) {
                builder.field(CAUSE, entry.getValue().cause().name());
            }
            builder.field(SINCE, entry.getValue().sinceMillis());
            if (entry.getValue().marks().isEmpty() == false) {
                builder.startArray(MARKS);
                for (ShardMark mark : entry.getValue().marks()) {
                    mark.toXContent(builder, params);
                }
                builder.endArray();
            }
            builder.endObject();
        }
        return builder.endObject();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ReplicationStates states && entries.equals(states.entries);
    }

    @Override
    public int hashCode() {
        return entries.hashCode();
    }
}
