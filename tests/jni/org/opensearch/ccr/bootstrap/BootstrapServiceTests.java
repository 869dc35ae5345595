package org.opensearch.ccr.bootstrap;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.common.SilentClient;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.link.LeaderLinks;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.threadpool.ThreadPool;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.fail;

class BootstrapServiceTests {

    private static BootstrapRequest request(String id) {
        return new BootstrapRequest("leader-one", new Index("logs", "uuid"), "copy", Settings.EMPTY, FollowRoles.NONE, id, false);
    }

    /** One that is being taken away stands in the way of the next for a moment, and is no unreachable leader. */
    @Test
    void theSecondOfANameIsBlocked() {
        Settings settings = Settings.builder().put("node.name", "test").build();
        ThreadPool threadPool = new ThreadPool(settings);
        try {
            ClusterSettings known = new ClusterSettings(settings, ClusterSettings.BUILT_IN_CLUSTER_SETTINGS);
            ClusterService clusterService = new ClusterService(settings, known, threadPool);
            RoleClients clients = new RoleClients(new SilentClient(threadPool), new LeaderLinks(threadPool));
            BootstrapService service = new BootstrapService(clusterService, threadPool, clients, new LeaderLeases("here", "uuid"));
            AtomicReference<Exception> first = new AtomicReference<>();
            service.bootstrap(request("a"), ActionListener.wrap(done -> fail("done"), first::set));
            AtomicReference<Exception> second = new AtomicReference<>();
            service.bootstrap(request("b"), ActionListener.wrap(done -> fail("done"), second::set));
            assertNull(first.get());
            assertEquals(ErrorClass.ERROR_BLOCKED, ErrorClassifier.classify(second.get()), String.valueOf(second.get()));
        } finally {
            ThreadPool.terminate(threadPool, 10, TimeUnit.SECONDS);
        }
    }
}
