package org.opensearch.ccr.metadata;

import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.metadata.IndexMetadata;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The indices that the operations of a follower come through, the first source first. A follower may be a leader itself; this
 * is how a cluster knows that an index would in the end follow itself, without asking the clusters in between.
 */
public record Lineage(List<Step> steps) {

    private static final String SEPARATOR = "\n";

    /** An index in a cluster. Its name counts and not its UUID: the follower that is asked for does not exist yet. */
    public record Step(String clusterUuid, String index) {
        private static Step parse(String text) {
            int slash = text.indexOf('/'); // neither a UUID nor an index name has one
            return new Step(text.substring(0, slash), text.substring(slash + 1));
        }

        private String format() {
            return clusterUuid + "/" + index;
        }
    }

    public Lineage {
        steps = List.copyOf(steps);
    }

    /** Of whatever follows this index: its own when it is a follower at present, and then itself. */
    public static Lineage of(String clusterUuid, IndexMetadata leader) {
        List<Step> steps = new ArrayList<>();
        if (CcrSettings.isFollower(leader.getSettings())) {
            steps.addAll(LeaderOrigin.of(leader).lineage().steps);
        }
        steps.add(new Step(clusterUuid, leader.getIndex().getName()));
        return new Lineage(steps);
    }

    static Lineage from(Map<String, String> fields, String field) {
        String text = fields.getOrDefault(field, "");
        return new Lineage(text.isEmpty() ? List.of() : List.of(text.split(SEPARATOR)).stream().map(Step::parse).toList());
    }

    void into(Map<String, String> fields, String field) {
        fields.put(field, steps.stream().map(Step::format).collect(Collectors.joining(SEPARATOR)));
    }

    /**
     * For a rule, which would go on for ever: what comes back under another name would be followed there, too, and so on.
     *
     * @throws IllegalArgumentException when the leader is a follower whose operations come from this cluster
     */
    public void ensureNotReturning(String clusterUuid) {
        String leader = steps.get(steps.size() - 1).index();
        for (Step step : steps.subList(0, steps.size() - 1)) {
            if (step.clusterUuid.equals(clusterUuid)) {
                throw new IllegalArgumentException(
                    "Cannot Replicate a Replicated Index " + leader + " by a rule: its documents come from [" + step.index
                        + "] of this cluster. Start it by its name if they are to come back"
                );
            }
        }
    }

    /** @throws IllegalArgumentException when an index of that name would follow itself, at once or through others */
    public void ensureNoLoop(String clusterUuid, String follower) {
        int at = steps.indexOf(new Step(clusterUuid, follower));
        if (at < 0) {
            return;
        }
        String leader = steps.get(steps.size() - 1).index();
        String circle = steps.subList(at, steps.size()).stream().map(Step::index).collect(Collectors.joining("] -> [", "[", "]"));
        throw new IllegalArgumentException(
            "Cannot Replicate a Replicated Index " + leader + " into [" + follower + "]: its documents come from there, "
                + circle + " -> [" + follower + "] would be a loop. Choose another name for the follower index, or stop the replication"
                + " that leads from [" + follower + "] to [" + leader + "]"
        );
    }
}
