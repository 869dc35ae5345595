package org.opensearch.ccr.action;

import org.opensearch.ccr.follower.ShardStatus;
import org.opensearch.common.Table;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.common.unit.ByteSizeValue;

import java.time.Instant;
import java.util.Locale;
import java.util.Map;

/** Statuses as tables for {@code _cat}: a row for each follower, or for each of its shards. */
public final class StatusTable {

    private StatusTable() {}

    /** Columns of {@code _cat/replication}. */
    public static Table indices() {
        Table table = new Table().startHeaders();
        table.addCell("index", "alias:i,idx,follower;desc:follower index");
        table.addCell("status", "alias:s,st;desc:word of the status");
        table.addCell("leader.alias", "alias:a,la,alias;desc:connection to the leader cluster");
        table.addCell("leader.index", "alias:l,li,leader;desc:leader index");
        table.addCell("shards", "alias:sh;text-align:right;desc:primary shards that answered");
        table.addCell("since", "alias:si;default:false;desc:when it came into this status");
        lag(table);
        table.addCell("bootstrap.bytes", "alias:bb;default:false;text-align:right;desc:bytes of files to copy");
        table.addCell("bootstrap.percent", "alias:bp;text-align:right;desc:of them copied");
        table.addCell("bootstrap.eta", "alias:be;default:false;text-align:right;desc:time to go");
        error(table);
        table.addCell("reason", "alias:r;default:false;desc:why it stands as it stands");
        return table.endHeaders();
    }

    /** Columns of {@code _cat/replication/shards}. */
    public static Table shards() {
        Table table = new Table().startHeaders();
        table.addCell("index", "alias:i,idx,follower;desc:follower index");
        table.addCell("shard", "alias:s,sh;text-align:right;desc:number of the shard");
        table.addCell("node", "alias:n;desc:node of its primary");
        table.addCell("state", "alias:st;desc:what its task does");
        table.addCell("leader.checkpoint", "alias:lc;text-align:right;desc:last known global checkpoint of the leader");
        table.addCell("follower.checkpoint", "alias:fc;text-align:right;desc:synced global checkpoint of the follower");
        lag(table);
        table.addCell("bootstrap.percent", "alias:bp;text-align:right;desc:of the bytes to copy copied");
        table.addCell("heard", "alias:h;default:false;desc:last answer of the leader");
        table.addCell("applied", "alias:ap;default:false;desc:last batch applied");
        error(table);
        table.addCell("reason", "alias:r;default:false;desc:the last error in words");
        return table.endHeaders();
    }

    private static void lag(Table table) {
        table.addCell("lag.time", "alias:lt,lag;text-align:right;desc:everything the leader had so long ago is here");
        table.addCell("lag.ops", "alias:lo;text-align:right;desc:operations that are missing");
        table.addCell("lag.bytes", "alias:lb;default:false;text-align:right;desc:their bytes, partly estimated");
        table.addCell("rate.ops", "alias:ro;text-align:right;desc:operations applied in a second");
        table.addCell("rate.wire", "alias:rw;default:false;text-align:right;desc:bytes received in a second");
        table.addCell("ops.read", "alias:or;default:false;text-align:right;desc:operations received by this session");
        table.addCell("ops.written", "alias:ow;default:false;text-align:right;desc:operations applied by this session");
        table.addCell("bytes", "alias:b;default:false;text-align:right;desc:bytes of operations received, unpacked");
        table.addCell("bytes.wire", "alias:bw;default:false;text-align:right;desc:the same as they were sent");
    }

    private static void error(Table table) {
        table.addCell("error", "alias:e;desc:class of the last error");
        table.addCell("error.time", "alias:et;default:false;desc:when it happened last");
        table.addCell("error.attempts", "alias:ea;default:false;text-align:right;desc:tries that failed with it in a row");
    }

    /** Fills {@link #indices}. */
    public static Table indices(Table table, Map<String, StatusResponse> statuses) {
        statuses.forEach((index, status) -> {
            StatusDetails details = status.details();
            table.startRow();
            table.addCell(index);
            table.addCell(status.word().text());
            table.addCell(status.alias());
            table.addCell(status.leader());
            table.addCell(status.shards().size());
            table.addCell(time(status.sinceMillis()));
            lag(table, details);
            table.addCell(details.copy() == null ? null : new ByteSizeValue(details.copy().bytesTotal()));
            table.addCell(percent(details.copy()));
            table.addCell(details.copy() == null || details.copy().etaMillis() < 0 ? null : new TimeValue(details.copy().etaMillis()));
            error(table, details);
            table.addCell(status.reason());
            table.endRow();
        });
        return table;
    }

    /** Fills {@link #shards}. */
    public static Table shards(Table table, Map<String, StatusResponse> statuses) {
        statuses.forEach((index, status) -> {
            for (ShardView shard : status.shards()) {
                StatusDetails details = StatusDetails.of(shard);
                ShardStatus follow = shard.follow();
                table.startRow();
                table.addCell(index);
                table.addCell(shard.shard().id());
                table.addCell(shard.node());
                table.addCell(state(shard));
                table.addCell(shard.syncing() == null ? null : shard.syncing().leaderCheckpoint());
                table.addCell(shard.syncing() == null ? null : shard.syncing().followerCheckpoint());
                lag(table, details);
                table.addCell(percent(details.copy()));
                table.addCell(follow == null ? null : time(follow.figures().heardAt()));
                table.addCell(follow == null ? null : time(follow.figures().appliedAt()));
                error(table, details);
                table.addCell(details.error() == null ? null : details.error().reason());
                table.endRow();
            }
        });
        return table;
    }

    private static String state(ShardView shard) {
        if (shard.restore() != null) {
            return "BOOTSTRAPPING";
        }
        return shard.follow() == null ? "WAITING" : shard.follow().state().name().replaceFirst("^STATE_", "");
    }

    private static void lag(Table table, StatusDetails details) {
        boolean known = details.following();
        table.addCell(details.lagMillis() < 0 ? null : new TimeValue(details.lagMillis()));
        table.addCell(known ? details.lagOperations() : null);
        table.addCell(known ? new ByteSizeValue(details.lagBytes()) : null);
        table.addCell(known ? String.format(Locale.ROOT, "%.1f", details.operationsRate()) : null);
        table.addCell(known ? new ByteSizeValue(Math.round(details.wireRate())) : null);
        table.addCell(known ? details.operationsRead() : null);
        table.addCell(known ? details.operationsWritten() : null);
        table.addCell(known ? new ByteSizeValue(details.plainBytes()) : null);
        table.addCell(known ? new ByteSizeValue(details.wireBytes()) : null);
    }

    private static void error(Table table, StatusDetails details) {
        StatusDetails.LastError error = details.error();
        table.addCell(error == null ? null : error.name());
        table.addCell(error == null ? null : time(error.millis()));
        table.addCell(error == null ? null : error.attempts());
    }

    private static String percent(ShardCopy copy) {
        if (copy == null) {
            return null;
        }
        double share = copy.bytesTotal() == 0 ? 1 : (double) copy.bytesRecovered() / copy.bytesTotal();
        return String.format(Locale.ROOT, "%.1f%%", 100 * share);
    }

    private static String time(long epochMillis) {
        return epochMillis == 0 ? null : Instant.ofEpochMilli(epochMillis).toString();
    }
}
