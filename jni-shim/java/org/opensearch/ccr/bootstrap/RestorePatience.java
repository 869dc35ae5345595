package org.opensearch.ccr.bootstrap;

import org.opensearch.ccr.proto.CoreProto.ErrorClass;

import java.util.concurrent.TimeUnit;

/**
 * How long the copy of a shard is tried. What passes by itself, or when somebody takes it out of the way, is waited for without
 * an end; damage only for a while, because nobody repairs what nobody hears of. Not thread-safe.
 */
final class RestorePatience {

    /** Chunks that arrive damaged for so long, and nothing else, come from broken hardware. */
    static final long DAMAGED_NANOS_MAX = TimeUnit.MINUTES.toNanos(10);

    /** When something other than damage was seen last. */
    private long soundNanos;

    RestorePatience(long nowNanos) {
        soundNanos = nowNanos;
    }

    /** Something came whole. */
    void arrived(long nowNanos) {
        soundNanos = nowNanos;
    }

    /** Whether to try again after this error. */
    boolean lasts(ErrorClass error, long nowNanos) {
        return switch (error) {
            case ERROR_CORRUPT -> nowNanos - soundNanos <= DAMAGED_NANOS_MAX;
            case ERROR_UNREACHABLE, ERROR_TRANSIENT, ERROR_OVERLOADED, ERROR_BLOCKED, ERROR_LEADER_CLOSED, ERROR_FORBIDDEN -> {
                soundNanos = nowNanos;
                yield true;
            }
            default -> false;
        };
    }
}
