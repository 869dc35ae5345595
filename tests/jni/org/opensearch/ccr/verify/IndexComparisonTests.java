package org.opensearch.ccr.verify;

import org.junit.jupiter.api.Test;
import org.opensearch.Version;
import org.opensearch.ccr.common.SilentClient;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.link.LeaderLinks;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.NoSuchRemoteClusterException;
import org.opensearch.transport.client.Client;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

class IndexComparisonTests {

    private static final int SHARDS = 5;

    /** Its connection to the leader has been taken away. */
    private static final class Alone extends SilentClient {
        final AtomicInteger asked = new AtomicInteger();

        Alone(ThreadPool threadPool) {
            super(threadPool);
        }

        @Override
        public Client getRemoteClusterClient(String alias) {
            asked.incrementAndGet();
            throw new NoSuchRemoteClusterException(alias);
        }
    }

    @Test
    void shardsThatCannotBeginDoNotKeepItFromEnding() throws Exception {
        NativeCore core = NativeCore.load(
            Path.of("unused"),
            CoreProto.RuntimeConfig.newBuilder().setSessionsMax(64).setWorkspacesMax(2).setFollowerBytesMax(64 << 20).build()
        );
        IndexMetadata follower = IndexMetadata.builder("copy")
            .settings(
                Settings.builder()
                    .put(IndexMetadata.SETTING_VERSION_CREATED, Version.CURRENT)
                    .put(IndexMetadata.SETTING_INDEX_UUID, "uuid")
            )
            .numberOfShards(SHARDS)
            .numberOfReplicas(0)
            .build();
        ThreadPool threadPool = new ThreadPool(Settings.builder().put("node.name", "test").build());
        try {
            Alone client = new Alone(threadPool);
            CompletableFuture<VerifyResponse> answer = new CompletableFuture<>();
            new IndexComparison(
                core,
                threadPool,
                new RoleClients(client, new LeaderLinks(threadPool)),
                new IndexComparison.Target("leader-one", new Index("logs", "uuid"), follower, FollowRoles.NONE),
                new IndexComparison.Limits(1 << 20, 1, 10, null),
                null,
                ActionListener.wrap(answer::complete, answer::completeExceptionally)
            ).start();
            ExecutionException told = assertThrows(ExecutionException.class, () -> answer.get(60, TimeUnit.SECONDS));
            assertInstanceOf(NoSuchRemoteClusterException.class, told.getCause());
            assertEquals(SHARDS, client.asked.get(), "each was tried");
        } finally {
            ThreadPool.terminate(threadPool, 10, TimeUnit.SECONDS);
        }
    }
}
