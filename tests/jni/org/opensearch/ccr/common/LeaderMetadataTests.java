package org.opensearch.ccr.common;

import org.junit.jupiter.api.Test;
import org.opensearch.OpenSearchException;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlocks;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.gateway.GatewayService;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** A leader that has just begun shows its own UUID and no index; a real one does so for too short a time to be met. */
class LeaderMetadataTests {

    private static ClusterState empty(ClusterBlocks.Builder blocks) {
        return ClusterState.builder(new ClusterName("leader")).metadata(Metadata.builder().clusterUUID("u")).blocks(blocks).build();
    }

    @Test
    void whatIsNotKnownYetIsNotGone() {
        ClusterState early = empty(ClusterBlocks.builder().addGlobalBlock(GatewayService.STATE_NOT_RECOVERED_BLOCK));
        OpenSearchException e = assertThrows(OpenSearchException.class, () -> LeaderMetadata.known(early));
        assertEquals(ErrorClass.ERROR_TRANSIENT, ErrorClassifier.classify(e));
        assertEquals(RestStatus.SERVICE_UNAVAILABLE, e.status());
    }

    @Test
    void anAbsenceThatIsKnownIsBelieved() {
        ClusterState state = empty(ClusterBlocks.builder().addGlobalBlock(Metadata.CLUSTER_READ_ONLY_BLOCK));
        assertSame(state, LeaderMetadata.known(state));
    }
}
