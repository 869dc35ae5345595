package org.opensearch.ccr.common;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.common.OpenMetrics.Type;

import java.util.LinkedHashMap;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;

class OpenMetricsTests {

    @Test
    void aFamilyHasTypeUnitAndHelpBeforeItsSamples() {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("index", "logs");
        labels.put("shard", "0");
        String text = new OpenMetrics().family("lag_seconds", Type.GAUGE, "seconds", "How old.")
            .value(labels, 1.5)
            .family("read_bytes", Type.COUNTER, "bytes", "How much.")
            .value(Map.of(), 7L)
            .family("follower", Type.INFO, null, "Who.")
            .value(Map.of("index", "logs"), 1L)
            .end();
        assertEquals("""
            # TYPE lag_seconds gauge
            # UNIT lag_seconds seconds
            # HELP lag_seconds How old.
            lag_seconds{index="logs",shard="0"} 1.5
            # TYPE read_bytes counter
            # UNIT read_bytes bytes
            # HELP read_bytes How much.
            read_bytes_total 7
            # TYPE follower info
            # HELP follower Who.
            follower_info{index="logs"} 1
            # EOF
            """, text);
    }

    @Test
    void whatWouldEndALabelIsEscaped() {
        String text = new OpenMetrics().family("x", Type.GAUGE, null, "a \"b\" \\ c\nd").value(Map.of("l", "a \"b\" \\ c\nd"), 0L).end();
        assertEquals("""
            # TYPE x gauge
            # HELP x a \\"b\\" \\\\ c\\nd
            x{l="a \\"b\\" \\\\ c\\nd"} 0
            # EOF
            """, text);
    }
}
