package org.opensearch.ccr.autofollow;

import org.opensearch.ccr.state.Rule;
import org.opensearch.ccr.state.RuleFormat;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A rule and what came of it, as users see it. */
record RuleReport(Rule rule, RuleProgress progress) implements Writeable {

    RuleReport(StreamInput in) throws IOException {
        this(new Rule(in), new RuleProgress(in));
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        rule.writeTo(out);
        progress.writeTo(out);
    }

    /** Every index here that it tells something about. */
    Set<String> indices() {
        Set<String> indices = new HashSet<>(rule.tombstones().keySet());
        progress.failures().forEach(failure -> indices.add(failure.subject()));
        return indices;
    }

    /** The same without the failures and tombstones of other indices, as if they were not there. */
    RuleReport limitedTo(Set<String> seen) {
        List<Failure> failures = progress.failures().stream().filter(failure -> seen.contains(failure.subject())).toList();
        return new RuleReport(rule.buriedOnly(seen), progress.with(failures));
    }

    /** The whole rule with all that is known of it. */
    void writeWhole(XContentBuilder builder) throws IOException {
        builder.startObject();
        RuleFormat.write(rule, builder);
        builder.field("followed", progress.followed());
        builder.field("waiting", progress.waiting());
        builder.field("num_success_start_replication", progress.successes());
        builder.field("num_failed_start_replication", progress.failures().size());
        builder.field("num_failed_leader_calls", progress.leaderErrors());
        builder.field("last_execution_time", progress.lastRunMillis());
        if (progress.hold().isEmpty() == false) {
            builder.field("on_hold", progress.hold());
        }
        if (progress.leaderError() != null) {
            builder.startObject("leader_error");
            times(builder, progress.leaderError());
            builder.endObject();
        }
        builder.startArray("failures");
        for (Failure failure : progress.failures()) {
            builder.startObject();
            builder.field("leader_index", failure.leader());
            builder.field("follower_index", failure.follower());
            times(builder, failure);
            builder.endObject();
        }
        builder.endArray();
        builder.endObject();
    }

    private static void times(XContentBuilder builder, Failure failure) throws IOException {
        builder.field("reason", failure.reason());
        builder.field("attempts", failure.attempts());
        builder.field("since", failure.sinceMillis());
        builder.field("last_attempt", failure.lastMillis());
        if (failure.nextMillis() != 0) {
            builder.field("next_retry", failure.nextMillis());
        }
    }

    /** {@code autofollow_stats}: exactly the contract's fields. */
    static void writeStats(List<RuleReport> reports, XContentBuilder builder) throws IOException {
        builder.startObject();
        builder.field("num_success_start_replication", reports.stream().mapToLong(one -> one.progress.successes()).sum());
        builder.field("num_failed_start_replication", reports.stream().mapToLong(one -> one.progress.failures().size()).sum());
        builder.field("num_failed_leader_calls", reports.stream().mapToLong(one -> one.progress.leaderErrors()).sum());
        builder.field("failed_indices", reports.stream().flatMap(one -> one.failed().stream()).distinct().toList());
        builder.startArray("autofollow_stats");
        for (RuleReport one : reports) {
            builder.startObject();
            builder.field("name", one.rule.name());
            builder.field("pattern", String.join(",", one.rule.patterns()));
            builder.field("leader_alias", one.rule.alias());
            builder.field("num_success_start_replication", one.progress.successes());
            builder.field("num_failed_start_replication", one.progress.failures().size());
            builder.field("num_failed_leader_calls", one.progress.leaderErrors());
            builder.field("failed_indices", one.failed());
            builder.field("last_execution_time", one.progress.lastRunMillis());
            builder.endObject();
        }
        builder.endArray();
        builder.endObject();
    }

    private List<String> failed() {
        return progress.failures().stream().map(Failure::leader).toList();
    }
}
