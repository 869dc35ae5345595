package org.opensearch.ccr.bootstrap;

import org.opensearch.OpenSearchException;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.RestoreInProgress;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.routing.IndexRoutingTable;
import org.opensearch.cluster.routing.IndexShardRoutingTable;
import org.opensearch.cluster.routing.RecoverySource;
import org.opensearch.cluster.routing.ShardRouting;
import org.opensearch.cluster.routing.UnassignedInfo;
import org.opensearch.core.index.Index;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.core.rest.RestStatus;

import java.util.Map;

/**
 * How far the restore of an index has come, as the cluster state tells it.
 *
 * @param done    every primary holds the copied files
 * @param failure why it will not come to that; null while it may
 */
record RestoreProgress(boolean done, Exception failure) {

    private static final RestoreProgress GOING_ON = new RestoreProgress(false, null);
    private static final RestoreProgress DONE = new RestoreProgress(true, null);
    private static final int CAUSES_MAX = 32;

    static RestoreProgress of(ClusterState state, Index index) {
        IndexMetadata metadata = state.metadata().index(index);
        IndexRoutingTable routing = state.routingTable().index(index);
        if (metadata == null || routing == null) {
            return failed("the index was deleted", null);
        }
        boolean done = true;
        for (IndexShardRoutingTable shard : routing) {
            ShardRouting primary = shard.primaryShard();
            if (primary.active() || primary.recoverySource().getType() != RecoverySource.Type.SNAPSHOT) {
                continue; // restored, though perhaps on its way to another node by now
            }
            done = false;
            Exception hopeless = hopeless(primary);
            if (hopeless != null) {
                return new RestoreProgress(false, hopeless);
            }
        }
        return done ? DONE : ofEntry(state, index, routing);
    }

    /** Once core has given a shard up, its entry says so, or is gone together with the hope. */
    private static RestoreProgress ofEntry(ClusterState state, Index index, IndexRoutingTable routing) {
        boolean listed = false;
        for (RestoreInProgress.Entry entry : state.custom(RestoreInProgress.TYPE, RestoreInProgress.EMPTY)) {
            for (Map.Entry<ShardId, RestoreInProgress.ShardRestoreStatus> shard : entry.shards().entrySet()) {
                if (shard.getKey().getIndex().equals(index)) {
                    listed = true;
                    if (shard.getValue().state() == RestoreInProgress.State.FAILURE) {
                        ShardRouting primary = routing.shard(shard.getKey().id()).primaryShard();
                        return isRefused(primary)
                            ? refused(shard.getKey())
                            : failed("shard " + shard.getKey() + ": " + shard.getValue().reason(), failureOf(primary));
                    }
                }
            }
        }
        return listed ? GOING_ON : failed("the restore of the shards ended without success", null);
    }

    /** Nothing was tried: the allocation rules of the cluster let no node have it, which core takes for a failed restore. */
    private static boolean isRefused(ShardRouting primary) {
        UnassignedInfo info = primary.unassignedInfo();
        return info != null
            && info.getReason() != UnassignedInfo.Reason.ALLOCATION_FAILED
            && info.getLastAllocationStatus() == UnassignedInfo.AllocationStatus.DECIDERS_NO;
    }

    private static RestoreProgress refused(ShardId shard) {
        String text = "no node of this cluster may take shard " + shard
            + " now: look at [cluster.routing.allocation.*], the disk watermarks and the allocation filters of the index";
        return new RestoreProgress(
            false,
            ReplicationException.of(CoreProto.ErrorClass.ERROR_BLOCKED, RestStatus.SERVICE_UNAVAILABLE, text, null)
        );
    }

    /** A failure of this shard that trying again will not mend. */
    private static Exception hopeless(ShardRouting primary) {
        Exception failure = failureOf(primary);
        if (failure == null) {
            return null;
        }
        return switch (ErrorClassifier.classify(failure)) {
            case ERROR_FATAL, ERROR_FORBIDDEN, ERROR_LEADER_MISSING, ERROR_HISTORY_CHANGED -> carriesClass(failure) ? failure : null;
            default -> null;
        };
    }

    private static Exception failureOf(ShardRouting primary) {
        UnassignedInfo info = primary.unassignedInfo();
        return info == null || info.getReason() != UnassignedInfo.Reason.ALLOCATION_FAILED ? null : info.getFailure();
    }

    /** Whether it was our restore that classified it, rather than an error of this node that has no class at all. */
    private static boolean carriesClass(Throwable t) {
        Throwable at = t;
        for (int i = 0; i < CAUSES_MAX && at != null; i++) {
            if (at instanceof OpenSearchException e && e.getMetadata(ReplicationException.ERROR_CLASS) != null) {
                return true;
            }
            at = at.getCause();
        }
        return false;
    }

    private static RestoreProgress failed(String text, Exception cause) {
        String why = cause == null ? text : text + ": " + textOf(cause);
        return new RestoreProgress(
            false,
            ReplicationException.of(CoreProto.ErrorClass.ERROR_FATAL, RestStatus.INTERNAL_SERVER_ERROR, why, cause)
        );
    }

    /** The innermost message: what really went wrong, without the layers that only pass it on. */
    static String textOf(Throwable t) {
        String text = t.getClass().getSimpleName();
        Throwable at = t;
        for (int i = 0; i < CAUSES_MAX && at != null; i++) {
            if (at.getMessage() != null && at.getMessage().isEmpty() == false) {
                text = at.getMessage();
            }
            at = at.getCause();
        }
        return text;
    }
}
