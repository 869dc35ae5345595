package org.opensearch.ccr.index;

import org.opensearch.ExceptionsHelper;
import org.opensearch.ccr.follower.ShardFollowState;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.persistent.PersistentTasksCustomMetadata.PersistentTask;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Words for people on why a replication stands as it stands. */
public final class Reasons {

    /** Nothing but a new copy helps when the leader no longer has the operations. */
    private static final String COPY_AGAIN =
        " The leader no longer has the operations that are missing here: stop this replication, delete the follower index and start again.";

    private Reasons() {}

    /** What went wrong, in one line. */
    public static String of(Exception e) {
        Throwable cause = ExceptionsHelper.unwrapCause(e);
        String text = cause.getMessage();
        return text == null || text.isEmpty() ? cause.getClass().getSimpleName() : text;
    }

    /** The text of an auto-pause, null when no shard has failed. */
    static String ofFailedShards(Map<ShardId, PersistentTask<?>> tasks) {
        List<String> failed = new ArrayList<>();
        tasks.entrySet().stream().sorted(Map.Entry.comparingByKey(Comparator.comparingInt(ShardId::id))).forEach(entry -> {
            if (entry.getValue().getState() instanceof ShardFollowState state && state.phase() == ShardFollowState.Phase.FAILED) {
                failed.add("[" + entry.getKey() + " - " + state.reason() + advice(state.error()) + "]");
            }
        });
        return failed.isEmpty() ? null : "AutoPaused: " + String.join(", ", failed);
    }

    private static String advice(ErrorClass error) {
        return error == ErrorClass.ERROR_HISTORY_GONE || error == ErrorClass.ERROR_HISTORY_CHANGED ? COPY_AGAIN : "";
    }
}
