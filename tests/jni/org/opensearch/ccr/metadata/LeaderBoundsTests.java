package org.opensearch.ccr.metadata;

import org.junit.jupiter.api.Test;
import org.opensearch.OpenSearchException;
import org.opensearch.Version;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.cluster.metadata.AliasMetadata;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.MappingMetadata;
import org.opensearch.common.compress.CompressedXContent;
import org.opensearch.common.settings.Settings;

import java.io.IOException;
import java.util.function.UnaryOperator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a leader says of its index is unpacked to a limit only. */
class LeaderBoundsTests {

    private static IndexMetadata index(UnaryOperator<IndexMetadata.Builder> with) {
        Settings settings = Settings.builder().put(IndexMetadata.SETTING_VERSION_CREATED, Version.CURRENT).build();
        return with.apply(IndexMetadata.builder("i").settings(settings).numberOfShards(1).numberOfReplicas(0)).build();
    }

    /** A JSON text that says nothing and packs to a thousandth. */
    private static CompressedXContent blank(int length) throws IOException {
        return new CompressedXContent("{\"_doc\":{}" + " ".repeat(length - 11) + "}");
    }

    private static void refused(IndexMetadata leader, String word) {
        OpenSearchException e = assertThrows(OpenSearchException.class, () -> LeaderBounds.ensure(leader));
        assertTrue(e.getMessage().contains(word), e.getMessage());
        assertEquals(ErrorClass.ERROR_FATAL, ErrorClassifier.classifyCall(e));
        assertEquals(400, e.status().getStatus());
    }

    @Test
    void aMappingOfTheLimitIsTakenAndOneByteMoreIsNot() throws IOException {
        MappingMetadata most = new MappingMetadata(blank(LeaderBounds.UNPACKED_MAX));
        MappingMetadata more = new MappingMetadata(blank(LeaderBounds.UNPACKED_MAX + 1));
        IndexMetadata fits = index(builder -> builder.putMapping(most));
        assertSame(fits, LeaderBounds.ensure(fits));
        refused(index(builder -> builder.putMapping(more)), "more than 16777216 bytes");
    }

    @Test
    void filtersCountTogetherWithTheMapping() throws IOException {
        MappingMetadata half = new MappingMetadata(blank(LeaderBounds.UNPACKED_MAX / 2));
        CompressedXContent filter = blank(LeaderBounds.UNPACKED_MAX / 2 + 1);
        refused(
            index(builder -> builder.putMapping(half).putAlias(AliasMetadata.builder("a").filter(filter))),
            "mapping and alias filters of more than"
        );
    }

    @Test
    void aliasesAndSettingsAreCounted() {
        refused(index(builder -> {
            for (int n = 0; n <= LeaderBounds.ALIASES_MAX; n++) {
                builder.putAlias(AliasMetadata.builder("a" + n));
            }
            return builder;
        }), "10001 aliases");
        refused(index(builder -> {
            Settings.Builder many = Settings.builder().put(IndexMetadata.SETTING_VERSION_CREATED, Version.CURRENT);
            for (int n = 0; n < LeaderBounds.SETTINGS_MAX; n++) {
                many.put("index.x" + n, "");
            }
            return builder.settings(many.put("index.number_of_shards", 1).put("index.number_of_replicas", 0));
        }), "settings, at most 10000");
    }

    @Test
    void nothingToUnpackIsFine() {
        IndexMetadata empty = index(builder -> builder);
        assertSame(empty, LeaderBounds.ensure(empty));
    }
}
