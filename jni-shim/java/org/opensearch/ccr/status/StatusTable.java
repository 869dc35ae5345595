package org.opensearch.ccr.status;

import org.opensearch.ccr.follower.ShardStatus;
import org.opensearch.common.Table;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.common.unit.ByteSizeValue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** Statuses as tables for {@code _cat}: a row for each follower, or for each of its shards. */
public final class StatusTable {

    private static final String RIGHT = "text-align:right;";
    private static final String HIDDEN = "default:false;";
    private static final String HIDDEN_RIGHT = HIDDEN + RIGHT;

    /** What a row is made of. */
    private record Follower(String index, StatusResponse status) {
        StatusDetails details() {
            return status.details();
        }
    }

    private record Shard(String index, ShardView view, StatusDetails details) {
        Long syncing(ToLongFunction<ShardView.Syncing> field) {
            return view.syncing() == null ? null : field.applyAsLong(view.syncing());
        }

        String time(ToLongFunction<ShardStatus> field) {
            return view.follow() == null ? null : StatusTable.time(field.applyAsLong(view.follow()));
        }
    }

    /** @param form attributes of the head, see {@link Table}; it ends before {@code desc} */
    private record Column<R>(String name, String form, String text, Function<R, Object> cell) {

        <S> Column<S> of(Function<S, R> row) {
            return new Column<>(name, form, text, cell.compose(row));
        }

        String head() {
            return "alias:" + form + "desc:" + text;
        }
    }

    private static final List<Column<StatusDetails>> LAG = List.of(
        lag(
            "lag.time",
            "lt,lag;" + RIGHT,
            "everything the leader had so long ago is here",
            lag -> lag.millis() < 0 ? null : new TimeValue(lag.millis())
        ),
        lag("lag.ops", "lo;" + RIGHT, "operations that are missing", StatusDetails.Lag::operations),
        lag("lag.bytes", "lb;" + HIDDEN_RIGHT, "their bytes, partly estimated", lag -> new ByteSizeValue(lag.bytes())),
        known(
            "rate.ops",
            "ro;" + RIGHT,
            "operations applied in a second",
            details -> String.format(Locale.ROOT, "%.1f", details.operationsRate())
        ),
        known(
            "rate.wire",
            "rw;" + HIDDEN_RIGHT,
            "bytes received in a second",
            details -> new ByteSizeValue(Math.round(details.wireRate()))
        ),
        known("ops.read", "or;" + HIDDEN_RIGHT, "operations received by this session", StatusDetails::operationsRead),
        known("ops.written", "ow;" + HIDDEN_RIGHT, "operations applied by this session", StatusDetails::operationsWritten),
        known("bytes", "b;" + HIDDEN_RIGHT, "bytes of operations received, unpacked", details -> new ByteSizeValue(details.plainBytes())),
        known("bytes.wire", "bw;" + HIDDEN_RIGHT, "the same as they were sent", details -> new ByteSizeValue(details.wireBytes()))
    );

    private static final List<Column<StatusDetails>> ERROR = List.of(
        failed("error", "e;", "class of the last error", StatusDetails.LastError::name),
        failed("error.time", "et;" + HIDDEN, "when it happened last", error -> time(error.millis())),
        failed("error.attempts", "ea;" + HIDDEN_RIGHT, "tries that failed with it in a row", StatusDetails.LastError::attempts)
    );

    private static final List<Column<Follower>> INDICES = join(
        List.of(
            new Column<>("index", "i,idx,follower;", "follower index", Follower::index),
            new Column<>("status", "s,st;", "word of the status", row -> row.status.word().text()),
            new Column<>("leader.alias", "a,la,alias;", "connection to the leader cluster", row -> row.status.alias()),
            new Column<>("leader.index", "l,li,leader;", "leader index", row -> row.status.leader()),
            new Column<>("shards", "sh;" + RIGHT, "primary shards that answered", row -> row.status.shards().size()),
            new Column<>("since", "si;" + HIDDEN, "when it came into this status", row -> time(row.status.sinceMillis()))
        ),
        of(LAG, Follower::details),
        List.of(
            new Column<>("bootstrap.bytes", "bb;" + HIDDEN_RIGHT, "bytes of files to copy", row -> bytes(row.details().copy())),
            new Column<>("bootstrap.percent", "bp;" + RIGHT, "of them copied", row -> percent(row.details().copy())),
            new Column<>("bootstrap.eta", "be;" + HIDDEN_RIGHT, "time to go", row -> eta(row.details().copy()))
        ),
        of(ERROR, Follower::details),
        List.of(new Column<>("reason", "r;" + HIDDEN, "why it stands as it stands", row -> row.status.reason()))
    );

    private static final List<Column<Shard>> SHARDS = join(
        List.of(
            new Column<>("index", "i,idx,follower;", "follower index", Shard::index),
            new Column<>("shard", "s,sh;" + RIGHT, "number of the shard", row -> row.view.shard().id()),
            new Column<>("node", "n;", "node of its primary", row -> row.view.node()),
            new Column<>("state", "st;", "what its task does", row -> state(row.view)),
            new Column<>(
                "leader.checkpoint",
                "lc;" + RIGHT,
                "last known global checkpoint of the leader",
                row -> row.syncing(ShardView.Syncing::leaderCheckpoint)
            ),
            new Column<>(
                "follower.checkpoint",
                "fc;" + RIGHT,
                "synced global checkpoint of the follower",
                row -> row.syncing(ShardView.Syncing::followerCheckpoint)
            )
        ),
        of(LAG, Shard::details),
        List.of(
            new Column<>("bootstrap.percent", "bp;" + RIGHT, "of the bytes to copy copied", row -> percent(row.details.copy())),
            new Column<>("heard", "h;" + HIDDEN, "last answer of the leader", row -> row.time(follow -> follow.figures().heardAt())),
            new Column<>("applied", "ap;" + HIDDEN, "last batch applied", row -> row.time(follow -> follow.figures().appliedAt()))
        ),
        of(ERROR, Shard::details),
        List.of(
            new Column<>(
                "reason",
                "r;" + HIDDEN,
                "the last error in words",
                row -> row.details.error() == null ? null : row.details.error().reason()
            )
        )
    );

    private StatusTable() {}

    /** Columns of {@code _cat/replication}. */
    public static Table indices() {
        return heads(INDICES);
    }

    /** Columns of {@code _cat/replication/shards}. */
    public static Table shards() {
        return heads(SHARDS);
    }

    /** Fills {@link #indices}. */
    public static Table indices(Table table, Map<String, StatusResponse> statuses) {
        statuses.forEach((index, status) -> row(table, INDICES, new Follower(index, status)));
        return table;
    }

    /** Fills {@link #shards}. */
    public static Table shards(Table table, Map<String, StatusResponse> statuses) {
        statuses.forEach(
            (index, status) -> status.shards().forEach(view -> row(table, SHARDS, new Shard(index, view, StatusDetails.of(view))))
        );
        return table;
    }

    private static <R> Table heads(List<Column<R>> columns) {
        Table table = new Table().startHeaders();
        columns.forEach(column -> table.addCell(column.name(), column.head()));
        return table.endHeaders();
    }

    private static <R> void row(Table table, List<Column<R>> columns, R row) {
        table.startRow();
        columns.forEach(column -> table.addCell(column.cell().apply(row)));
        table.endRow();
    }

    @SafeVarargs
    private static <R> List<Column<R>> join(List<Column<R>>... parts) {
        List<Column<R>> all = new ArrayList<>();
        for (List<Column<R>> part : parts) {
            all.addAll(part);
        }
        return List.copyOf(all);
    }

    private static <S, R> List<Column<S>> of(List<Column<R>> columns, Function<S, R> row) {
        return columns.stream().map(column -> column.of(row)).toList();
    }

    /** A column that is empty as long as nothing is known of the leader; of a replication that does not run, as it was then. */
    private static Column<StatusDetails> lag(String name, String form, String text, Function<StatusDetails.Lag, Object> cell) {
        return new Column<>(name, form, text, details -> details.lag() == null ? null : cell.apply(details.lag()));
    }

    /** A column that is empty while the shard is not followed. */
    private static Column<StatusDetails> known(String name, String form, String text, Function<StatusDetails, Object> cell) {
        return new Column<>(name, form, text, details -> details.following() ? cell.apply(details) : null);
    }

    /** A column that is empty as long as nothing has failed. */
    private static Column<StatusDetails> failed(String name, String form, String text, Function<StatusDetails.LastError, Object> cell) {
        return new Column<>(name, form, text, details -> details.error() == null ? null : cell.apply(details.error()));
    }

    private static String state(ShardView shard) {
        if (shard.restore() != null) {
            return "BOOTSTRAPPING";
        }
        return shard.follow() == null ? "WAITING" : shard.follow().state().name().replaceFirst("^STATE_", "");
    }

    private static ByteSizeValue bytes(ShardCopy copy) {
        return copy == null ? null : new ByteSizeValue(copy.bytesTotal());
    }

    private static TimeValue eta(ShardCopy copy) {
        return copy == null || copy.etaMillis() < 0 ? null : new TimeValue(copy.etaMillis());
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
