package org.opensearch.ccr.status;

import org.opensearch.ccr.bootstrap.BootstrapWait;
import org.opensearch.ccr.follower.ShardStatus;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.cluster.metadata.IndexMetadata;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Says what a running replication is waiting for: what, since when, and that nobody has to do anything about it here. */
final class Trouble {

    private Trouble() {}

    /** Null when every shard is well. */
    static String of(List<ShardView> shards) {
        List<BootstrapWait> ill = shards.stream()
            .map(Trouble::of)
            .filter(Objects::nonNull)
            .sorted(Comparator.comparingLong(BootstrapWait::sinceMillis))
            .toList();
        if (ill.isEmpty()) {
            return null;
        }
        BootstrapWait first = ill.get(0);
        return words(first.error())
            + " since " + Instant.ofEpochMilli(first.sinceMillis()).truncatedTo(ChronoUnit.SECONDS)
            + " (" + ill.size() + " of " + shards.size() + " shards, " + first.attempts() + " attempts, last: " + first.reason()
            + "). " + (over(shards) ? "Replication is about to be paused." : "Replication resumes by itself.");
    }

    /** Whether a shard has come to an end that the replication's task has not taken up yet. */
    private static boolean over(List<ShardView> shards) {
        return shards.stream().anyMatch(view -> view.follow() != null && view.follow().gaveUp());
    }

    /** Null when the shard is well. */
    private static BootstrapWait of(ShardView shard) {
        ShardStatus follow = shard.follow();
        if (follow == null || follow.error() == ErrorClass.ERROR_NONE) {
            return shard.waits();
        }
        return new BootstrapWait(follow.error(), follow.sinceMillis(), follow.attempts(), follow.reason());
    }

    /** What the follower does without although its leader has it; null for nothing. */
    static String ofLeftOut(IndexMetadata follower) {
        Map<String, String> leftOut = LeaderOrigin.of(follower).leftOut();
        if (leftOut.isEmpty()) {
            return null;
        }
        return "Left out: "
            + leftOut.entrySet().stream().map(entry -> entry.getKey() + " (" + entry.getValue() + ")").collect(Collectors.joining(", "))
            + ". Everything else of the leader index is replicated.";
    }

    private static String words(ErrorClass error) {
        return switch (error) {
            case ERROR_UNREACHABLE -> "The leader cluster is unreachable";
            case ERROR_LEADER_CLOSED -> "The leader index is closed";
            case ERROR_FORBIDDEN -> "A permission is missing";
            case ERROR_BLOCKED -> "A block, or a full disk, is in the way";
            case ERROR_OVERLOADED -> "A node is overloaded";
            case ERROR_MAPPING -> "The follower's mapping is behind the leader's";
            case ERROR_CORRUPT -> "Operations arrived damaged";
            case ERROR_LEADER_MISSING -> "The leader index is gone";
            case ERROR_HISTORY_GONE -> "The leader no longer has the operations that are missing here";
            case ERROR_HISTORY_CHANGED -> "The leader has another history than this copy";
            default -> "A call has failed and is repeated";
        };
    }
}
