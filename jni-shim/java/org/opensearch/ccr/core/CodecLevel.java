package org.opensearch.ccr.core;

import org.opensearch.ccr.proto.WireProto.Codec;

/**
 * The one level that users set, as the codec they set takes it: zstd as it is, LZ4 its absolute value as acceleration. Brought
 * into the core's range.
 */
public final class CodecLevel {

    private CodecLevel() {}

    /** The level to ask the core for; without meaning when nothing is packed. */
    public static int of(Codec codec, int setting) {
        return codec == Codec.CODEC_LZ4
            ? Math.clamp(Math.abs(setting), NativeLimits.CODEC_LZ4_LEVEL_MIN, NativeLimits.CODEC_LZ4_LEVEL_MAX)
            : Math.clamp(setting, NativeLimits.CODEC_ZSTD_LEVEL_MIN, NativeLimits.CODEC_ZSTD_LEVEL_MAX);
    }
}
