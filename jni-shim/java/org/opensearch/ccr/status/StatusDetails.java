package org.opensearch.ccr.status;

import org.opensearch.ccr.follower.ShardFigures;
import org.opensearch.ccr.follower.ShardStatus;
import org.opensearch.ccr.metadata.ShardMark;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.List;

/**
 * What {@code ?detailed=true} adds to a status: sums over the shards, and of times the worst.
 *
 * @param following some shard has its task, so that there are figures of following
 * @param lag       null when no shard knows; as it was known then when the replication does not run
 * @param copy      null when no shard was copied since it is open
 * @param error     the latest, null when there was none
 */
record StatusDetails(
    boolean following,
    Lag lag,
    double operationsRate,
    double plainRate,
    double wireRate,
    long operationsRead,
    long operationsWritten,
    long plainBytes,
    long wireBytes,
    ShardCopy copy,
    LastError error
) {

    /** @param millis of the shard that is furthest behind; -1 when none knows */
    record Lag(long millis, long operations, long bytes) {

        static Lag of(ShardMark mark, long now) {
            return new Lag(mark.asOf() == 0 ? -1 : Math.max(0, now - mark.asOf()), mark.missing(), mark.missingBytes());
        }

        Lag plus(Lag o) {
            return new Lag(Math.max(millis, o.millis), operations + o.operations, bytes + o.bytes);
        }
    }

    /**
     * @param name     {@code UNREACHABLE} and so on; the class of the error
     * @param millis   epoch milliseconds
     * @param attempts tries that failed with it in a row
     * @param shard    where
     * @param over     the shard is well again
     */
    record LastError(String name, String reason, long millis, int attempts, int shard, boolean over) {}

    private static final String CLASS_PREFIX = "ERROR_";

    static StatusDetails of(StatusResponse status) {
        List<ShardMark> marks = status.unheard().marks();
        long now = System.currentTimeMillis();
        Lag known = marks.stream().map(mark -> Lag.of(mark, now)).reduce(Lag::plus).orElse(null);
        StatusDetails sum = status.shards().stream().map(StatusDetails::of).reduce(only(known, null, null), StatusDetails::plus);
        ErrorClass cause = status.unheard().cause();
        boolean failed = status.word() == StatusResponse.Word.FAILED;
        if (failed == false && cause == ErrorClass.ERROR_NONE) {
            return sum;
        }
        String name = nameOf(failed && cause == ErrorClass.ERROR_NONE ? ErrorClass.ERROR_FATAL : cause);
        int attempts = marks.stream().mapToInt(ShardMark::attempts).reduce(1, Math::max);
        return sum.plus(only(null, null, new LastError(name, status.reason(), status.sinceMillis(), attempts, -1, false)));
    }

    private static String nameOf(ErrorClass error) {
        return error.name().substring(CLASS_PREFIX.length());
    }

    static StatusDetails of(ShardView shard) {
        ShardStatus follow = shard.follow();
        if (follow == null) {
            return only(null, shard.copy(), null);
        }
        ShardFigures f = follow.figures();
        LastError error = f.lastError() == ErrorClass.ERROR_NONE
            ? null
            : new LastError(
                nameOf(f.lastError()),
                f.lastErrorReason(),
                f.lastErrorAt(),
                f.lastErrorAttempts(),
                shard.shard().id(),
                follow.error() == ErrorClass.ERROR_NONE
            );
        return new StatusDetails(
            true,
            new Lag(f.lagMillis(), f.lagOperations(), f.lagBytes()),
            f.operationsRate(),
            f.plainRate(),
            f.wireRate(),
            follow.operationsRead(),
            follow.operationsWritten(),
            f.plainBytes(),
            f.wireBytes(),
            shard.copy(),
            error
        );
    }

    private StatusDetails plus(StatusDetails o) {
        return new StatusDetails(
            following || o.following,
            lag == null ? o.lag : o.lag == null ? lag : lag.plus(o.lag),
            operationsRate + o.operationsRate,
            plainRate + o.plainRate,
            wireRate + o.wireRate,
            operationsRead + o.operationsRead,
            operationsWritten + o.operationsWritten,
            plainBytes + o.plainBytes,
            wireBytes + o.wireBytes,
            copy == null ? o.copy : o.copy == null ? copy : copy.plus(o.copy),
            worse(error, o.error)
        );
    }

    /** One that lasts before one that is over, and then the later one. */
    private static LastError worse(LastError a, LastError b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        if (a.over != b.over) {
            return a.over ? b : a;
        }
        return a.millis >= b.millis ? a : b;
    }

    private static StatusDetails only(Lag lag, ShardCopy copy, LastError error) {
        return new StatusDetails(false, lag, 0, 0, 0, 0, 0, 0, 0, copy, error);
    }

    /** The fields, into an object that is open. */
    XContentBuilder toXContent(XContentBuilder builder) throws IOException {
        if (lag != null) {
            builder.startObject("lag").field("operations", lag.operations).field("bytes", lag.bytes);
            if (lag.millis >= 0) {
                builder.field("millis", lag.millis);
            }
            builder.endObject();
        }
        if (following) {
            builder.startObject("rate");
            builder.field("operations_per_second", rounded(operationsRate));
            builder.field("bytes_per_second", Math.round(plainRate));
            builder.field("wire_bytes_per_second", Math.round(wireRate));
            builder.endObject();
            builder.startObject("transferred");
            builder.field("operations_read", operationsRead).field("operations_written", operationsWritten);
            builder.field("bytes", plainBytes).field("wire_bytes", wireBytes);
            builder.endObject();
        }
        if (copy != null) {
            builder.startObject("bootstrap");
            builder.field("bytes_total", copy.bytesTotal()).field("bytes_recovered", copy.bytesRecovered());
            builder.field("wire_bytes", copy.wireBytes()).field("bytes_per_second", Math.round(copy.rate()));
            builder.field("running_time_millis", copy.millis());
            if (copy.etaMillis() >= 0) {
                builder.field("eta_millis", copy.etaMillis());
            }
            builder.endObject();
        }
        if (error != null) {
            builder.startObject("last_error").field("type", error.name).field("reason", error.reason);
            builder.field("time_millis", error.millis).field("attempts", error.attempts);
            if (error.shard >= 0) {
                builder.field("shard", error.shard);
            }
            builder.field("over", error.over).endObject();
        }
        return builder;
    }

    private static double rounded(double rate) {
        return Math.round(rate * 100) / 100.0;
    }
}
