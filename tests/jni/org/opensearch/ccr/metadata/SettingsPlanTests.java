package org.opensearch.ccr.metadata;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.common.settings.IndexScopedSettings;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Settings;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a follower takes of its leader's settings, over every kind of setting there is. */
class SettingsPlanTests {

    private static final IndexScopedSettings KNOWN = known();
    private static final Settings MADE = Settings.builder()
        .put("index.number_of_shards", 1)
        .put("index.number_of_replicas", 1)
        .put("index.uuid", "u")
        .put("index.provided_name", "n")
        .put("index.creation_date", 1)
        .put("index.version.created", 137277827)
        .build();

    private static IndexScopedSettings known() {
        Set<Setting<?>> all = new HashSet<>(IndexScopedSettings.BUILT_IN_INDEX_SETTINGS);
        all.add(CcrSettings.LEADER_INDEX);
        all.add(CcrSettings.INDEX_OPS_BATCH_SIZE);
        all.add(CcrSettings.TRANSLOG_PRUNING);
        return new IndexScopedSettings(Settings.EMPTY, all);
    }

    private static Settings with(String... pairs) {
        Settings.Builder builder = Settings.builder().put(MADE);
        for (int i = 0; i < pairs.length; i += 2) {
            builder.put(pairs[i], pairs[i + 1]);
        }
        return builder.build();
    }

    private static Settings own(String... pairs) {
        Settings.Builder builder = Settings.builder();
        for (int i = 0; i < pairs.length; i += 2) {
            builder.put(pairs[i], pairs[i + 1]);
        }
        return builder.build();
    }

    private static SettingsPlan plan(Settings leader, Settings overrides, Settings follower) {
        return SettingsPlan.of(KNOWN, leader, overrides, follower);
    }

    @Test
    void equalSettingsNeedNothing() {
        SettingsPlan plan = plan(with("index.refresh_interval", "5s"), Settings.EMPTY, with("index.refresh_interval", "5s"));
        assertTrue(plan.dynamic().isEmpty() && plan.fixed().isEmpty() && plan.leftOut().isEmpty(), plan::toString);
    }

    @Test
    void dynamicAndFixedOnesAreToldApart() {
        SettingsPlan plan = plan(
            with("index.refresh_interval", "5s", "index.codec", "best_compression", "index.analysis.analyzer.a.type", "keyword"),
            Settings.EMPTY,
            MADE
        );
        assertEquals(Set.of("index.refresh_interval"), plan.dynamic().keySet());
        assertEquals(Set.of("index.codec", "index.analysis.analyzer.a.type"), plan.fixed().keySet());
    }

    @Test
    void whatTheLeaderHasNoMoreIsTakenAway() {
        SettingsPlan plan = plan(MADE, Settings.EMPTY, with("index.refresh_interval", "5s", "index.codec", "best_compression"));
        assertTrue(plan.dynamic().keySet().contains("index.refresh_interval") && plan.dynamic().hasValue("index.refresh_interval") == false);
        assertTrue(plan.fixed().keySet().contains("index.codec") && plan.fixed().hasValue("index.codec") == false);
    }

    @Test
    void anUnknownOneIsLeftOutAlone() {
        SettingsPlan plan = plan(with("index.knn", "true", "index.refresh_interval", "5s"), Settings.EMPTY, MADE);
        assertEquals(Map.of("index.knn", SettingsPlan.UNKNOWN), plan.leftOut());
        assertEquals("5s", plan.dynamic().get("index.refresh_interval"));
    }

    @Test
    void anInvalidValueIsLeftOutAlone() {
        SettingsPlan plan = plan(with("index.max_result_window", "-4", "index.refresh_interval", "5s"), Settings.EMPTY, MADE);
        assertEquals(Set.of("index.max_result_window"), plan.leftOut().keySet());
        assertEquals(Set.of("index.refresh_interval"), plan.dynamic().keySet());
    }

    @Test
    void theUsersOwnWin() {
        Settings follower = with("index.refresh_interval", "3s");
        Settings own = own("index.refresh_interval", "3s");
        assertTrue(plan(with("index.refresh_interval", "5s"), own, follower).dynamic().isEmpty());
        assertTrue(plan(MADE, own, follower).dynamic().isEmpty());
        SettingsPlan blocked = plan(MADE, own("index.routing.allocation.enable", "none"), MADE);
        assertEquals("none", blocked.dynamic().get("index.routing.allocation.enable"), "also over what is never copied");
    }

    @Test
    void whatIsWrongOnAFollowerIsNeverCopied() {
        for (String key : SettingsPlan.notCopied()) {
            String value = key.endsWith("period") ? "13h" : key.endsWith("shards") ? "1" : key.endsWith("enable") ? "none" : "true";
            SettingsPlan plan = plan(with(key, value), Settings.EMPTY, MADE);
            assertTrue(plan.dynamic().isEmpty() && plan.fixed().isEmpty() && plan.leftOut().isEmpty(), () -> key + ": " + plan);
        }
    }

    @Test
    void aFullDiskIsTheFollowersOwnAffair() {
        Settings full = with("index.blocks.read_only_allow_delete", "true");
        assertTrue(plan(MADE, Settings.EMPTY, full).dynamic().isEmpty());
        SettingsPlan other = plan(MADE, Settings.EMPTY, with("index.blocks.write", "true"));
        assertFalse(other.dynamic().isEmpty(), "what came by mistake goes away");
    }

    @Test
    void identityAndMarkStayAsTheyAre() {
        Settings follower = Settings.builder().put(MADE).put("index.uuid", "other").put("index.history.uuid", "h")
            .put(CcrSettings.LEADER_INDEX.getKey(), "a:b").put("archived.index.x", "y").build();
        SettingsPlan plan = plan(with("index.number_of_shards", "3", "archived.index.z", "1", "index.history.uuid", "l"), Settings.EMPTY, follower);
        assertTrue(plan.dynamic().isEmpty() && plan.fixed().isEmpty() && plan.leftOut().isEmpty(), plan::toString);
    }

    @Test
    void replicasFollowUnlessTheFollowerExpands() {
        Settings three = with("index.number_of_replicas", "3");
        assertEquals("3", plan(three, Settings.EMPTY, MADE).dynamic().get("index.number_of_replicas"));
        assertFalse(plan(three, own("index.auto_expand_replicas", "0-1"), MADE).dynamic().keySet().contains("index.number_of_replicas"));
        SettingsPlan own = plan(with("index.auto_expand_replicas", "0-all"), own("index.number_of_replicas", "2"), MADE);
        assertEquals(Set.of("index.number_of_replicas"), own.dynamic().keySet(), "the user's number is not taken back by the leader");
    }
}
