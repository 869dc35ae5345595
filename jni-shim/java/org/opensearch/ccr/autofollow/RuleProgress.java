package org.opensearch.ccr.autofollow;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;

import java.io.IOException;
import java.util.List;

/**
 * How far the task of a rule has come since it runs on its node.
 *
 * @param successes     replications started
 * @param leaderErrors  calls of the leader that failed
 * @param lastRunMillis wall clock of the last time that the rule was compared with the leader's indices; 0 for never
 * @param followed      matching leader indices that are followed
 * @param waiting       matching leader indices that will be, when there is a free slot or they are ready
 * @param hold          why nothing is started at the moment; empty for nothing
 * @param leaderError   the last failed call of the leader, null when the last one succeeded
 * @param failures      each index that should be followed and is not
 */
public record RuleProgress(
    String alias,
    String name,
    long successes,
    long leaderErrors,
    long lastRunMillis,
    int followed,
    int waiting,
    String hold,
    Failure leaderError,
    List<Failure> failures
) implements Writeable {

    static RuleProgress none(String alias, String name) {
        return new RuleProgress(alias, name, 0, 0, 0, 0, 0, "", null, List.of());
    }

    RuleProgress with(List<Failure> others) {
        return new RuleProgress(alias, name, successes, leaderErrors, lastRunMillis, followed, waiting, hold, leaderError, others);
    }

    public RuleProgress(StreamInput in) throws IOException {
        this(
            in.readString(),
            in.readString(),
            in.readVLong(),
            in.readVLong(),
            in.readVLong(),
            in.readVInt(),
            in.readVInt(),
            in.readString(),
            in.readOptionalWriteable(Failure::new),
            in.readList(Failure::new)
        );
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(alias);
        out.writeString(name);
        out.writeVLong(successes);
        out.writeVLong(leaderErrors);
        out.writeVLong(lastRunMillis);
        out.writeVInt(followed);
        out.writeVInt(waiting);
        out.writeString(hold);
        out.writeOptionalWriteable(leaderError);
        out.writeList(failures);
    }
}
