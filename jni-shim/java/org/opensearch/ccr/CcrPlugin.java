package org.opensearch.ccr;

import org.opensearch.ResourceNotFoundException;
import org.opensearch.action.ActionRequest;
import org.opensearch.action.support.ActionFilter;
import org.opensearch.ccr.action.Failovers;
import org.opensearch.ccr.action.FollowActions;
import org.opensearch.ccr.action.FollowerDeletionFilter;
import org.opensearch.ccr.action.LeaderCleanup;
import org.opensearch.ccr.action.LostHistory;
import org.opensearch.ccr.action.PromoteShards;
import org.opensearch.ccr.autofollow.AutoFollowSide;
import org.opensearch.ccr.bootstrap.BootstrapSide;
import org.opensearch.ccr.bootstrap.RolesOfFollower;
import org.opensearch.ccr.bulk.BulkSide;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.follower.FollowerSide;
import org.opensearch.ccr.index.FollowTaskService;
import org.opensearch.ccr.index.FollowerDeletion;
import org.opensearch.ccr.index.IndexFollowExecutor;
import org.opensearch.ccr.index.IndexFollowServices;
import org.opensearch.ccr.index.IndexTasks;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.ccr.leader.LeaderSide;
import org.opensearch.ccr.link.LeaderLinks;
import org.opensearch.ccr.link.Lookout;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.MetadataSync;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.preflight.SetupCheck;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.ccr.rest.RestEndpoints;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.ccr.status.FollowerLists;
import org.opensearch.ccr.status.StatusReader;
import org.opensearch.ccr.status.StatusSide;
import org.opensearch.ccr.verify.VerifyStatus;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.node.DiscoveryNodes;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.lifecycle.LifecycleComponent;
import org.opensearch.common.settings.ClusterSettings;
import org.opensearch.common.settings.IndexScopedSettings;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.settings.SettingsFilter;
import org.opensearch.common.settings.SettingsModule;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.env.Environment;
import org.opensearch.env.NodeEnvironment;
import org.opensearch.index.IndexModule;
import org.opensearch.index.IndexSettings;
import org.opensearch.index.engine.EngineFactory;
import org.opensearch.index.translog.TranslogDeletionPolicyFactory;
import org.opensearch.indices.SystemIndexDescriptor;
import org.opensearch.indices.recovery.RecoverySettings;
import org.opensearch.persistent.PersistentTasksExecutor;
import org.opensearch.plugins.ActionPlugin;
import org.opensearch.plugins.EnginePlugin;
import org.opensearch.plugins.PersistentTaskPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.plugins.RepositoryPlugin;
import org.opensearch.plugins.SystemIndexPlugin;
import org.opensearch.repositories.RepositoriesService;
import org.opensearch.repositories.Repository;
import org.opensearch.rest.RestController;
import org.opensearch.rest.RestHandler;
import org.opensearch.script.ScriptService;
import org.opensearch.threadpool.ExecutorBuilder;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;
import org.opensearch.watcher.ResourceWatcherService;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Loads the native core and tells OpenSearch what each part of the plugin registers; nothing else. */
public final class CcrPlugin extends Plugin
    implements
        ActionPlugin,
        EnginePlugin,
        RepositoryPlugin,
        PersistentTaskPlugin,
        SystemIndexPlugin {

    public static final String NAME = "opensearch-cross-cluster-replication";

    private final NativeCore core;
    // Made in createComponents, which OpenSearch calls before everything that needs them.
    private LeaderSide leader;
    private FollowerSide follower;
    private FollowerDeletionFilter deletionFilter;
    private BootstrapSide bootstrap;
    private IndexFollowExecutor indexTasks;
    private FollowerLists lists;
    private Failovers failovers;
    private AutoFollowSide autoFollow;

    public CcrPlugin(Settings settings, Path configPath) {
        Path folder = new Environment(settings, configPath).pluginsDir().resolve(NAME);
        this.core = NativeCore.load(
            folder,
            CoreProto.RuntimeConfig.newBuilder().setFollowerBytesMax(CcrSettings.MEMORY_LIMIT.get(settings).getBytes()).build()
        );
    }

    @Override
    public Collection<Object> createComponents(
        Client client,
        ClusterService clusterService,
        ThreadPool threadPool,
        ResourceWatcherService resourceWatcherService,
        ScriptService scriptService,
        NamedXContentRegistry xContentRegistry,
        Environment environment,
        NodeEnvironment nodeEnvironment,
        NamedWriteableRegistry namedWriteableRegistry,
        IndexNameExpressionResolver resolver,
        Supplier<RepositoriesService> repositories
    ) {
        LeaderLinks links = new LeaderLinks(threadPool);
        RoleClients clients = new RoleClients(client, links);
        ReplicationStore store = new ReplicationStore(clients, clusterService, threadPool);
        MetadataSync metadata = new MetadataSync(clusterService, threadPool, clients, store);
        LeaderLeases leases = new LeaderLeases(clusterService);
        FollowTaskService tasks = new FollowTaskService(client, clients, clusterService, threadPool);
        leader = new LeaderSide(core, clusterService, threadPool);
        follower = new FollowerSide(clusterService, threadPool, resolver, core, clients, metadata, leases, store, links);
        RolesOfFollower roles = (index, listener) -> store.get(index, ActionListener.map(listener, CcrPlugin::roles));
        bootstrap = new BootstrapSide(core, clusterService, threadPool, clients, leases, roles, repositories);
        StatusReader statuses = new StatusReader(clusterService, clients, store);
        indexTasks = new IndexFollowExecutor(
            new IndexFollowServices(
                clusterService,
                threadPool,
                clients,
                store,
                tasks,
                bootstrap.service(),
                metadata,
                new FollowerDeletion(clusterService, clients),
                statuses,
                links
            )
        );
        List<Object> components = new ArrayList<>(List.of(core, clients, links, store, metadata, leases, tasks, follower.tasks()));
        SetupCheck setup = new SetupCheck(client, clients, clusterService, threadPool);
        autoFollow = new AutoFollowSide(clusterService, threadPool, clients, store, setup);
        components.add(setup);
        components.addAll(autoFollow.components());
        components.add(new LeaderCleanup(clients, threadPool, leases));
        components.add(new PromoteShards(clients, clusterService));
        deletionFilter = new FollowerDeletionFilter(clusterService, resolver, clients);
        components.add(statuses);
        lists = new FollowerLists(clusterService, threadPool, statuses);
        components.add(lists);
        failovers = new Failovers(lists, threadPool);
        LostHistory history = new LostHistory(clusterService, threadPool, clients, store, leases);
        components.add(history);
        components.addAll(BulkSide.components(client, clients, clusterService, threadPool, setup, lists, history));
        components.addAll(leader.components());
        components.addAll(bootstrap.components());
        return components;
    }

    @Override
    public Collection<Class<? extends LifecycleComponent>> getGuiceServiceClasses() {
        return List.of(Lookout.class);
    }

    private static FollowRoles roles(Optional<FollowRecord> record) {
        return record.orElseThrow(() -> new ResourceNotFoundException("no replication is recorded")).roles();
    }

    @Override
    public List<Setting<?>> getSettings() {
        return CcrSettings.all();
    }

    @Override
    public List<ExecutorBuilder<?>> getExecutorBuilders(Settings nodeSettings) {
        List<ExecutorBuilder<?>> pools = new ArrayList<>(LeaderSide.executors(nodeSettings));
        pools.addAll(FollowerSide.executors());
        return pools;
    }

    @Override
    public List<NamedWriteableRegistry.Entry> getNamedWriteables() {
        List<NamedWriteableRegistry.Entry> entries = new ArrayList<>(ReplicationStates.namedWriteables());
        entries.addAll(IndexTasks.namedWriteables());
        entries.addAll(BulkSide.namedWriteables());
        entries.addAll(AutoFollowSide.namedWriteables());
        entries.addAll(FollowerSide.namedWriteables());
        entries.addAll(VerifyStatus.namedWriteables());
        return entries;
    }

    @Override
    public List<NamedXContentRegistry.Entry> getNamedXContent() {
        List<NamedXContentRegistry.Entry> entries = new ArrayList<>(ReplicationStates.namedXContent());
        entries.addAll(IndexTasks.namedXContent());
        entries.addAll(AutoFollowSide.namedXContent());
        entries.addAll(FollowerSide.namedXContent());
        return entries;
    }

    @Override
    public void onIndexModule(IndexModule module) {
        leader.onIndexModule(module);
        follower.onIndexModule(module);
        bootstrap.onIndexModule(module);
    }

    @Override
    public List<ActionHandler<? extends ActionRequest, ? extends ActionResponse>> getActions() {
        List<ActionHandler<? extends ActionRequest, ? extends ActionResponse>> handlers = new ArrayList<>(FollowActions.handlers());
        handlers.addAll(StatusSide.actions());
        handlers.addAll(BulkSide.actions());
        handlers.addAll(LeaderSide.actions());
        handlers.addAll(FollowerSide.actions());
        handlers.addAll(BootstrapSide.actions());
        handlers.addAll(AutoFollowSide.actions());
        return handlers;
    }

    @Override
    public List<ActionFilter> getActionFilters() {
        return List.of(deletionFilter, follower.writeGuard());
    }

    @Override
    public List<RestHandler> getRestHandlers(
        Settings nodeSettings,
        RestController controller,
        ClusterSettings clusterSettings,
        IndexScopedSettings indexSettings,
        SettingsFilter filter,
        IndexNameExpressionResolver resolver,
        Supplier<DiscoveryNodes> nodes
    ) {
        List<RestHandler> handlers = new ArrayList<>(RestEndpoints.all(lists, failovers));
        handlers.addAll(AutoFollowSide.endpoints(lists));
        return handlers;
    }

    @Override
    public Optional<EngineFactory> getEngineFactory(IndexSettings index) {
        return FollowerSide.engineFactory(index);
    }

    @Override
    public Optional<TranslogDeletionPolicyFactory> getCustomTranslogDeletionPolicyFactory() {
        return Optional.of(LeaderSide.translogDeletionPolicy());
    }

    @Override
    public Map<String, Repository.Factory> getInternalRepositories(
        Environment environment,
        NamedXContentRegistry registry,
        ClusterService clusterService,
        RecoverySettings recoverySettings
    ) {
        return bootstrap.internalRepositories();
    }

    @Override
    public List<PersistentTasksExecutor<?>> getPersistentTasksExecutor(
        ClusterService clusterService,
        ThreadPool threadPool,
        Client client,
        SettingsModule settingsModule,
        IndexNameExpressionResolver resolver
    ) {
        List<PersistentTasksExecutor<?>> executors = new ArrayList<>(follower.persistentTasks());
        executors.add(indexTasks);
        executors.add(autoFollow.tasks());
        return executors;
    }

    @Override
    public Collection<SystemIndexDescriptor> getSystemIndexDescriptors(Settings nodeSettings) {
        return List.of(new SystemIndexDescriptor(ReplicationStore.INDEX, "what is replicated, from where and in whose name"));
    }
}
