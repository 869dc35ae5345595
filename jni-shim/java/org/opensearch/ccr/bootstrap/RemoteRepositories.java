package org.opensearch.ccr.bootstrap;

import org.opensearch.common.lifecycle.AbstractLifecycleComponent;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.Settings;
import org.opensearch.repositories.RepositoriesService;
import org.opensearch.transport.RemoteClusterAware;
import org.opensearch.transport.RemoteConnectionStrategy;

import java.util.function.Supplier;

/** Keeps one internal repository registered for each remote cluster that is configured, on every node. */
final class RemoteRepositories extends AbstractLifecycleComponent {

    private final Supplier<RepositoriesService> repositories;
    private final Remotes remotes;

    RemoteRepositories(Settings settings, ClusterSettings clusterSettings, Supplier<RepositoriesService> repositories) {
        this.repositories = repositories;
        this.remotes = new Remotes(settings);
        remotes.listenForUpdates(clusterSettings);
    }

    private final class Remotes extends RemoteClusterAware {
        private final Settings settings;

        Remotes(Settings settings) {
            super(settings);
            this.settings = settings;
        }

        @Override
        protected void updateRemoteCluster(String alias, Settings aliasSettings) {
            if (RemoteConnectionStrategy.isConnectionEnabled(alias, aliasSettings)) {
                repositories.get().registerInternalRepository(RemoteRepository.name(alias), RemoteRepository.TYPE);
            } else {
                repositories.get().unregisterInternalRepository(RemoteRepository.name(alias));
            }
        }

        void registerConfigured() {
            for (String alias : getEnabledRemoteClusters(settings)) {
                updateRemoteCluster(alias, settings);
            }
        }
    }

    @Override
    protected void doStart() {
        remotes.registerConfigured();
    }

    @Override
    protected void doStop() {}

    @Override
    protected void doClose() {}
}
