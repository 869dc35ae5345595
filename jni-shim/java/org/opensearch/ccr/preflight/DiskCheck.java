package org.opensearch.ccr.preflight;

import org.opensearch.action.admin.cluster.node.stats.NodeStats;
import org.opensearch.cluster.routing.allocation.DiskThresholdSettings;
import org.opensearch.core.common.unit.ByteSizeValue;
import org.opensearch.monitor.fs.FsInfo;

import java.util.Arrays;
import java.util.List;

/** Whether the leader's shards fit on this cluster's data nodes below the low watermark, as they are on the leader now. */
public final class DiskCheck {

    private static final String NAME = "disk";
    private static final String REMEDY = "Free disk space, add data nodes, or raise [cluster.routing.allocation.disk.watermark.low]";

    private DiskCheck() {}

    /**
     * @param shards   bytes of each primary on the leader
     * @param replicas of the follower index
     * @param nodes    data nodes of this cluster with their file systems
     */
    public static Check check(long[] shards, int replicas, List<NodeStats> nodes, DiskThresholdSettings watermarks) {
        long[] room = nodes.stream().mapToLong(node -> room(node, watermarks)).sorted().toArray();
        long wanted = Arrays.stream(shards).sum();
        long all = Arrays.stream(room).sum();
        String sizes = "[" + shards.length + "] primary shards of [" + bytes(wanted) + "] in all, [" + bytes(all)
            + "] below the low watermark on [" + room.length + "] data nodes";
        if (room.length == 0 || placeable(shards, room) == false) {
            return Check.failed(NAME, sizes + ": they do not fit", REMEDY);
        }
        if (wanted > Long.MAX_VALUE / (replicas + 1) || wanted * (replicas + 1) > all) {
            return Check.warning(NAME, sizes + ": their [" + replicas + "] replicas do not fit", REMEDY);
        }
        return Check.ok(NAME, sizes);
    }

    /** The largest first, each where most room is: what the balancer comes close to. Sorts both. */
    private static boolean placeable(long[] shards, long[] room) {
        long[] left = room.clone();
        long[] sorted = shards.clone();
        Arrays.sort(sorted);
        for (int i = sorted.length - 1; i >= 0; i--) {
            Arrays.sort(left);
            if (left[left.length - 1] < sorted[i]) {
                return false;
            }
            left[left.length - 1] -= sorted[i];
        }
        return true;
    }

    private static long room(NodeStats node, DiskThresholdSettings watermarks) {
        if (node.getFs() == null) {
            return 0;
        }
        FsInfo.Path total = node.getFs().getTotal();
        long available = Math.max(0, total.getAvailable().getBytes());
        if (watermarks.isEnabled() == false) {
            return available;
        }
        // The watermark is a share of the disk or a number of bytes; the other one is then without effect.
        long share = (long) (total.getTotal().getBytes() * watermarks.getFreeDiskThresholdLow() / 100);
        long kept = Math.max(share, watermarks.getFreeBytesThresholdLow().getBytes());
        return Math.max(0, available - kept);
    }

    private static ByteSizeValue bytes(long bytes) {
        return new ByteSizeValue(bytes);
    }
}
