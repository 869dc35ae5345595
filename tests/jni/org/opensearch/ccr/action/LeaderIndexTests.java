package org.opensearch.ccr.action;

import org.junit.jupiter.api.Test;
import org.opensearch.ExceptionsHelper;
import org.opensearch.Version;
import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionType;
import org.opensearch.action.admin.cluster.state.ClusterStateResponse;
import org.opensearch.ccr.link.LeaderLinks;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.ClusterName;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlocks;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.gateway.GatewayService;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;
import org.opensearch.transport.client.support.AbstractClient;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

/** Leader indices of versions that no two released clusters can have between them today. */
final class LeaderIndexTests {

    private static final Version NEWER = Version.fromString("3.7.0");

    private static String refusal(Settings.Builder version) {
        IndexMetadata metadata = IndexMetadata.builder("logs")
            .settings(version.put(IndexMetadata.SETTING_INDEX_UUID, "uuid"))
            .numberOfShards(1)
            .numberOfReplicas(0)
            .build();
        LeaderIndex leader = new LeaderIndex("cluster-uuid", metadata, null);
        return assertThrows(IllegalArgumentException.class, () -> leader.ensureFollowable("leader-one", Version.V_3_6_0)).getMessage();
    }

    /** A leader cluster that answers every question with this. */
    private static final class Leader extends AbstractClient {
        private final ClusterState state;

        Leader(ThreadPool threadPool, ClusterState state) {
            super(Settings.EMPTY, threadPool);
            this.state = state;
        }

        @Override
        public Client getRemoteClusterClient(String alias) {
            return this;
        }

        @Override
        @SuppressWarnings("unchecked") // nothing else is asked
        protected <Request extends ActionRequest, Response extends ActionResponse> void doExecute(
            ActionType<Response> action,
            Request request,
            ActionListener<Response> listener
        ) {
            listener.onResponse((Response) new ClusterStateResponse(state.getClusterName(), state, false));
        }

        @Override
        public void close() {}
    }

    private static Exception absence(ClusterBlocks.Builder blocks) {
        ClusterState state = ClusterState.builder(new ClusterName("leader")).blocks(blocks).build();
        ThreadPool threadPool = new ThreadPool(Settings.builder().put("node.name", "test").build());
        try {
            AtomicReference<Exception> told = new AtomicReference<>();
            RoleClients clients = new RoleClients(new Leader(threadPool, state), new LeaderLinks(threadPool));
            ActionListener<LeaderIndex> listener = ActionListener.wrap(found -> fail("found"), told::set);
            LeaderIndex.fetch(clients, threadPool, "leader-one", "logs", TimeValue.timeValueMinutes(1), listener);
            return told.get();
        } finally {
            ThreadPool.terminate(threadPool, 10, TimeUnit.SECONDS);
        }
    }

    @Test
    void aLeaderThatHasJustBegunHasNotLostIt() {
        Exception e = absence(ClusterBlocks.builder().addGlobalBlock(GatewayService.STATE_NOT_RECOVERED_BLOCK));
        assertEquals(RestStatus.SERVICE_UNAVAILABLE, ExceptionsHelper.status(e), String.valueOf(e));
        assertEquals(RestStatus.NOT_FOUND, ExceptionsHelper.status(absence(ClusterBlocks.builder())));
    }

    @Test
    void createdOnANewerVersion() {
        assertEquals(
            "Leader index[logs] is on higher version [3.7.0] than follower [3.6.0]",
            refusal(Settings.builder().put(IndexMetadata.SETTING_VERSION_CREATED, NEWER))
        );
    }

    @Test
    void upgradedOnANewerVersion() {
        assertEquals(
            "Leader index[logs] is upgraded with higher version [3.7.0] than follower [3.6.0]",
            refusal(
                Settings.builder().put(IndexMetadata.SETTING_VERSION_CREATED, Version.V_3_6_0).put(IndexMetadata.SETTING_VERSION_UPGRADED, NEWER)
            )
        );
    }

    @Test
    void ofTheSameVersionTheNextCheckSpeaks() {
        assertEquals(
            "Primary shards in the Index[leader-one:logs] are not active",
            refusal(Settings.builder().put(IndexMetadata.SETTING_VERSION_CREATED, Version.V_3_6_0))
        );
    }

    @Test
    void withoutSoftDeletes() {
        Settings.Builder old = Settings.builder()
            .put(IndexMetadata.SETTING_VERSION_CREATED, Version.V_3_6_0)
            .put(IndexMetadata.SETTING_INDEX_UUID, "uuid")
            .put("index.soft_deletes.enabled", false);
        IndexMetadata metadata = IndexMetadata.builder("logs").settings(old).numberOfShards(1).numberOfReplicas(0).build();
        LeaderIndex leader = new LeaderIndex("cluster-uuid", metadata, null);
        assertEquals(
            "Cannot Replicate an index where the setting index.soft_deletes.enabled is disabled",
            assertThrows(IllegalArgumentException.class, leader::ensureSoftDeletes).getMessage()
        );
    }
}
