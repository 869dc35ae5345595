package org.opensearch.ccr.bulk;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.settings.BulkSettings;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.core.xcontent.DeprecationHandler;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.XContentParser;

import java.io.IOException;
import java.util.HashSet;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** How long one index of a bulk verb may take: the setting counts minutes, so no real cluster is made to wait for it. */
final class BulkRequestTests {

    private final ClusterSettings cluster = new ClusterSettings(Settings.EMPTY, new HashSet<>(BulkSettings.all()));

    private static BulkRequest request() throws IOException {
        try (XContentParser body = JsonXContent.jsonXContent.createParser(
            NamedXContentRegistry.EMPTY,
            DeprecationHandler.THROW_UNSUPPORTED_OPERATION,
            "{\"pattern\":\"logs-*\"}"
        )) {
            return BulkRequest.fromXContent(body, BulkVerb.STOP);
        }
    }

    @Test
    void theSettingDecidesInMinutes() throws IOException {
        assertEquals(TimeValue.timeValueMinutes(15), request().patience(cluster));
        cluster.applySettings(Settings.builder().put(BulkSettings.POLL_TIMEOUT.getKey(), 2).build());
        assertEquals(TimeValue.timeValueMinutes(2), request().patience(cluster));
    }

    @Test
    void theCallersTimeoutWins() throws IOException {
        assertEquals(TimeValue.timeValueSeconds(5), request().timeout(TimeValue.timeValueSeconds(5)).patience(cluster));
    }
}
