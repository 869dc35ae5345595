package org.opensearch.ccr.bootstrap;

import org.opensearch.action.ActionRequest;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.index.IndexModule;
import org.opensearch.plugins.ActionPlugin.ActionHandler;
import org.opensearch.repositories.RepositoriesService;
import org.opensearch.repositories.Repository;
import org.opensearch.threadpool.ThreadPool;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What the plugin registers so that follower indices can be made: the repositories of the leaders and the service that starts copies. */
public final class BootstrapSide {

    private final RoleClients clients;
    private final ShardRestores restores;
    private final RemoteRepositories repositories;
    private final BootstrapService service;

    /** @param repositories may answer only after the node's components were created */
    public BootstrapSide(
        NativeCore core,
        ClusterService clusterService,
        ThreadPool threadPool,
        RoleClients clients,
        LeaderLeases leases,
        RolesOfFollower roles,
        Supplier<RepositoriesService> repositories
    ) {
        this.clients = clients;
        this.restores = new ShardRestores(core, threadPool, clusterService, clients, leases, roles);
        this.repositories = new RemoteRepositories(clusterService.getSettings(), clusterService.getClusterSettings(), repositories);
        this.service = new BootstrapService(clusterService, threadPool, clients, leases);
    }

    /** For {@code ActionPlugin.getActions}. */
    public static List<ActionHandler<? extends ActionRequest, ? extends ActionResponse>> actions() {
        return List.of(new ActionHandler<>(StartRestoreAction.INSTANCE, StartRestoreAction.Transport.class));
    }

    public BootstrapService service() {
        return service;
    }

    /** For {@code Plugin.createComponents}; the repositories are registered when the node starts them. */
    public List<Object> components() {
        return List.of(repositories, restores.traffic());
    }

    /** For {@code RepositoryPlugin.getInternalRepositories}. */
    public Map<String, Repository.Factory> internalRepositories() {
        return Map.of(RemoteRepository.TYPE, metadata -> new RemoteRepository(metadata, clients, restores));
    }

    /** For {@code Plugin.onIndexModule}. */
    public void onIndexModule(IndexModule module) {
        module.addIndexEventListener(restores);
    }
}
