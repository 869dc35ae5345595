package org.opensearch.ccr.status;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.metadata.ShardMark;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.cluster.routing.IndexRoutingTable;
import org.opensearch.cluster.routing.RecoverySource;
import org.opensearch.cluster.routing.ShardRouting;
import org.opensearch.cluster.routing.UnassignedInfo;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.common.xcontent.XContentFactory;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.index.Index;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.List;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Shards that say nothing are named, each for its own reason. */
class UnheardTests {

    private static final Index INDEX = new Index("f", "uuid");

    private static ShardRouting unassigned(int shard) {
        return ShardRouting.newUnassigned(
            new ShardId(INDEX, shard),
            true,
            RecoverySource.ExistingStoreRecoverySource.INSTANCE,
            new UnassignedInfo(UnassignedInfo.Reason.NODE_LEFT, "gone")
        );
    }

    private static ShardRouting started(int shard, String node) {
        return unassigned(shard).initialize(node, null, 0).moveToStarted();
    }

    private static IndexRoutingTable table(ShardRouting... primaries) {
        IndexRoutingTable.Builder table = IndexRoutingTable.builder(INDEX);
        for (ShardRouting primary : primaries) {
            table.addShard(primary);
        }
        return table.build();
    }

    @Test
    void shardsWithoutAPrimaryAndOfSilentNodesAreNamed() {
        Unheard unheard = Unheard.running(
            table(started(0, "a"), unassigned(1), started(2, "b"), unassigned(3), unassigned(4).initialize("a", null, 0)),
            Set.of("b")
        );
        assertEquals(List.of(1, 3, 4), unheard.inactive());
        assertEquals(List.of(2), unheard.silent());
        String trouble = unheard.trouble(5);
        assertTrue(trouble.startsWith("The primaries of shards [1, 3, 4] of the follower index are not active"), trouble);
        assertTrue(trouble.contains("shards [2] did not answer in time"), trouble);
    }

    @Test
    void oneThatIsWellSaysNothing() throws IOException {
        Unheard unheard = Unheard.running(table(started(0, "a"), started(1, "b")), Set.of());
        assertNull(unheard.trouble(2));
        assertEquals("{}", json(unheard));
    }

    @Test
    void allOfThemAreSaidInOneWord() {
        assertEquals("No primary shard of the follower index is active.", Unheard.running(table(unassigned(0)), Set.of("a")).trouble(1));
    }

    @Test
    void wireAndAnswerKeepAll() throws IOException {
        Unheard all = new Unheard(ErrorClass.ERROR_FATAL, List.of(new ShardMark(1, 79, 1700000000000L, 0, 7, 900, 3)), List.of(0), List.of(2, 3));
        try (BytesStreamOutput out = new BytesStreamOutput()) {
            all.writeTo(out);
            assertEquals(all, new Unheard(out.bytes().streamInput()));
        }
        assertEquals(
            "{\"shards_without_primary\":[0],\"shards_without_answer\":[2,3],"
                + "\"last_known\":[{\"shard\":1,\"leader_seq_no\":79,\"last_applied_time_millis\":1700000000000}]}",
            json(all)
        );
    }

    private static String json(Unheard unheard) throws IOException {
        XContentBuilder builder = XContentFactory.jsonBuilder().startObject();
        unheard.toXContent(builder);
        return BytesReference.bytes(builder.endObject()).utf8ToString();
    }
}
