package org.opensearch.ccr.index;

import org.opensearch.ccr.follower.ShardFollowState;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Shards that cannot go on without a person.
 *
 * @param cause  class of the first one's error
 * @param reason of all of them, since when, and what to do: the text of an auto-pause
 */
record ShardFailures(ErrorClass cause, String reason) {

    /** Null when no shard has failed. */
    static ShardFailures of(Map<ShardId, PersistentTask<?>> tasks) {
        List<String> failed = new ArrayList<>();
        List<ErrorClass> causes = new ArrayList<>();
        tasks.entrySet().stream().sorted(Map.Entry.comparingByKey(Comparator.comparingInt(ShardId::id))).forEach(entry -> {
            if (entry.getValue().getState() instanceof ShardFollowState state && state.phase() == ShardFollowState.Phase.FAILED) {
                failed.add("[" + entry.getKey() + " - " + state.reason() + "]");
                causes.add(state.error());
            }
        });
        if (failed.isEmpty()) {
            return null;
        }
        ErrorClass cause = causes.get(0);
        Instant since = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        return new ShardFailures(cause, "AutoPaused: " + String.join(", ", failed) + " since " + since + ". " + advice(cause));
    }

    private static String advice(ErrorClass error) {
        return switch (error) {
            case ERROR_HISTORY_GONE -> "The leader no longer has the operations that are missing here:"
                + " _resume with force_resume=true copies the index again.";
            case ERROR_HISTORY_CHANGED -> "The leader index is not the one any more that this one was copied from:"
                + " _resume with force_resume=true copies it as it is now, _stop keeps what is here.";
            case ERROR_LEADER_MISSING -> "The leader index was deleted: _stop keeps what is here as an ordinary index. When there is one"
                + " of its name again, _resume with force_resume=true copies that.";
            case ERROR_CORRUPT -> "Operations arrive damaged again and again: look at the leader's log and hardware, then _resume.";
            case ERROR_LEADER_CLOSED -> "Open the leader index, then _resume.";
            case ERROR_FORBIDDEN -> "Grant the permission, then _resume.";
            case ERROR_BLOCKED -> "Lift the block, then _resume.";
            default -> "The log of the shard's node says more; _resume tries again.";
        };
    }
}
