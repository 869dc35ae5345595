package org.opensearch.ccr.core;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.proto.WireProto.Codec;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.common.bytes.BytesArray;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** One rule for files and operations: what the setting may say, the core takes. */
class CodecLevelTests {

    @Test
    void lz4TakesTheAbsoluteValueAsAcceleration() {
        assertEquals(5, CodecLevel.of(Codec.CODEC_LZ4, -5));
        assertEquals(5, CodecLevel.of(Codec.CODEC_LZ4, 5));
        assertEquals(1, CodecLevel.of(Codec.CODEC_LZ4, 0));
        assertEquals(-5, CodecLevel.of(Codec.CODEC_ZSTD, -5));
    }

    @Test
    void theCoreTakesEveryLevelThatCanBeSet() {
        BytesArray plain = new BytesArray("the segment file of a shard repeats itself ".repeat(100));
        BatchCodec codec = Cores.core().codec();
        for (int setting = -7; setting <= 19; setting++) {
            int level = CcrSettings.CODEC_LEVEL.get(Settings.builder().put(CcrSettings.CODEC_LEVEL.getKey(), setting).build());
            for (Codec each : new Codec[] { Codec.CODEC_NONE, Codec.CODEC_LZ4, Codec.CODEC_ZSTD }) {
                assertEquals(plain, codec.unpackChunk(codec.packChunk(each, CodecLevel.of(each, level), plain)));
            }
        }
    }
}
