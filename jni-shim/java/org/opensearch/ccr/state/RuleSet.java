package org.opensearch.ccr.state;

import org.opensearch.ccr.metadata.FollowerMark;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.metadata.MetadataPart;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Every auto-follow rule, in the cluster state: a rule and its task, a stopped replication and its tombstone are changed in one
 * update each, so there is never one without the other. Kept over restarts and out of snapshots.
 */
public final class RuleSet extends MetadataPart {

    public static final String TYPE = "replication_autofollow";
    private static final String RULES = "rules";
    private static final RuleSet EMPTY = new RuleSet(List.of());

    /** Sorted by alias and name. */
    private final TreeMap<String, Rule> rules = new TreeMap<>();

    private RuleSet(Collection<Rule> rules) {
        super(TYPE, KEPT);
        rules.forEach(rule -> this.rules.put(key(rule.alias(), rule.name()), rule));
    }

    public RuleSet(StreamInput in) throws IOException {
        this(in.readList(Rule::new));
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeCollection(rules.values());
    }

    /** For {@code Plugin.getNamedWriteables}. */
    public static List<NamedWriteableRegistry.Entry> namedWriteables() {
        return readers(TYPE, RuleSet::new);
    }

    /** For {@code Plugin.getNamedXContent}. */
    public static List<NamedXContentRegistry.Entry> namedXContent() {
        return List.of(new NamedXContentRegistry.Entry(Metadata.Custom.class, new ParseField(TYPE), RuleSet::fromXContent));
    }

    /** Never null. */
    public static RuleSet of(ClusterState state) {
        RuleSet found = state.metadata().custom(TYPE);
        return found == null ? EMPTY : found;
    }

    private static String key(String alias, String name) {
        return alias + ":" + name;
    }

    /** Null when there is none. */
    public Rule get(String alias, String name) {
        return rules.get(key(alias, name));
    }

    public Collection<Rule> all() {
        return List.copyOf(rules.values());
    }

    public RuleSet with(Rule rule) {
        List<Rule> changed = new ArrayList<>(rules.values());
        changed.removeIf(old -> old.alias().equals(rule.alias()) && old.name().equals(rule.name()));
        changed.add(rule);
        return new RuleSet(changed);
    }

    public RuleSet without(String alias, String name) {
        List<Rule> changed = new ArrayList<>(rules.values());
        changed.removeIf(old -> old.alias().equals(alias) && old.name().equals(name));
        return new RuleSet(changed);
    }

    private RuleSet each(UnaryOperator<Rule> change) {
        List<Rule> changed = new ArrayList<>();
        boolean same = true;
        for (Rule rule : rules.values()) {
            Rule now = change.apply(rule);
            same &= now == rule;
            changed.add(now);
        }
        return same ? this : new RuleSet(changed);
    }

    /**
     * After a replication was withdrawn: each rule that could bring it back gets a tombstone. Not when its bootstrap had failed
     * and left nothing: then nobody deleted anything, and ending it is how it begins anew.
     *
     * @param before the state in which it still was there
     */
    public RuleSet withdrawn(ClusterState before, String follower) {
        ReplicationStates.Entry entry = ReplicationStates.of(before).get(follower);
        if (entry == null || entry.state() == OverallState.FAILED && before.metadata().hasIndex(follower) == false) {
            return this;
        }
        String uuid = leaderUuid(before, follower);
        String leader = leaderName(before, follower);
        Tombstone tombstone = new Tombstone(leader == null ? "" : leader, uuid == null ? "" : uuid, System.currentTimeMillis());
        return each(rule -> rule.alias().equals(entry.alias()) && rule.mayHaveMade(follower) ? rule.buried(follower, tombstone) : rule);
    }

    /** Name of the leader index that a follower follows, null when nothing tells. */
    public static String leaderName(ClusterState state, String follower) {
        FollowerMark mark = FollowerMark.of(state.metadata().index(follower));
        if (mark != null) {
            return mark.leader();
        }
        PersistentTask<?> task = FollowTasks.indexTask(state, follower);
        return task != null && task.getParams() instanceof IndexFollowParams params ? params.leader().getName() : null;
    }

    private static String leaderUuid(ClusterState state, String follower) {
        String copied = LeaderOrigin.of(state.metadata().index(follower)).indexUuid();
        PersistentTask<?> task = FollowTasks.indexTask(state, follower);
        return copied == null && task != null && task.getParams() instanceof IndexFollowParams params ? params.leader().getUUID() : copied;
    }

    /** After somebody started a replication: no rule holds anything against it. */
    public RuleSet started(String follower) {
        return each(rule -> rule.buried(follower, null));
    }

    static RuleSet fromXContent(XContentParser parser) throws IOException {
        List<Rule> read = new ArrayList<>();
        if (parser.map().get(RULES) instanceof List<?> list) {
            for (Object item : list) {
                if (item instanceof Map<?, ?> fields) {
                    read.add(RuleFormat.read(fields));
                }
            }
        }
        return new RuleSet(read);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startArray(RULES);
        for (Rule rule : rules.values()) {
            builder.startObject();
            RuleFormat.write(rule, builder);
            builder.endObject();
        }
        return builder.endArray();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RuleSet set && rules.equals(set.rules);
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(rules);
    }
}
