package org.opensearch.ccr.link;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.Version;
import org.opensearch.action.admin.cluster.state.ClusterStateRequest;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.lifecycle.AbstractLifecycleComponent;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.Strings;
import org.opensearch.core.common.transport.TransportAddress;
import org.opensearch.transport.ConnectionProfile;
import org.opensearch.transport.NoSuchRemoteClusterException;
import org.opensearch.transport.ProxyConnectionStrategy;
import org.opensearch.transport.RemoteConnectionStrategy;
import org.opensearch.transport.RemoteConnectionStrategy.ConnectionStrategy;
import org.opensearch.transport.RemoteTransportException;
import org.opensearch.transport.SniffConnectionStrategy;
import org.opensearch.transport.Transport;
import org.opensearch.transport.TransportException;
import org.opensearch.transport.TransportRequestOptions;
import org.opensearch.transport.TransportService;
import org.opensearch.transport.client.Client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Looks over to a leader with the node's own transport, so with its TLS and its compression. Made by the node with its services. */
public final class Lookout extends AbstractLifecycleComponent implements Silence.Wire {

    /** Long enough for any link that is of use, short enough to send a lost packet again soon. */
    private static final ConnectionProfile ONE_CHANNEL = ConnectionProfile.buildSingleChannelProfile(
        TransportRequestOptions.Type.REG,
        TimeValue.timeValueSeconds(2),
        TimeValue.timeValueSeconds(5),
        TimeValue.MINUS_ONE,
        false
    );

    private static final Logger LOGGER = LogManager.getLogger(Lookout.class);
    private static final long GREETING_MILLIS = 10_000;
    /** More than OpenSearch opens to one cluster, see {@code node_connections} and {@code proxy_socket_connections}. */
    private static final int CONNECTIONS_MAX = 256;

    private final TransportService transport;
    private final ClusterService clusterService;
    private final Client client;

    @Inject
    public Lookout(LeaderLinks links, TransportService transport, ClusterService clusterService, Client client) {
        this.transport = transport;
        this.clusterService = clusterService;
        this.client = client;
        links.attach(this);
    }

    /** Whether OpenSearch holds a connection to that cluster. */
    boolean isConnected(String alias) {
        try {
            transport.getRemoteClusterService().getConnection(alias);
            return true;
        } catch (NoSuchRemoteClusterException | IllegalStateException | IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    @SuppressWarnings("try") // the context is only held, never read
    public void greet(String alias, ActionListener<Void> word) {
        Transport.Connection connection = transport.getRemoteClusterService().getConnection(alias);
        try (ThreadContext.StoredContext ignored = transport.getThreadPool().getThreadContext().stashContext()) {
            transport.handshake(
                connection,
                GREETING_MILLIS,
                name -> true,
                ActionListener.wrap(who -> word.onResponse(null), e -> greeted(e, word))
            );
        }
    }

    /** A refusal is a word, too. */
    private static void greeted(Exception e, ActionListener<Void> word) {
        if (e instanceof TransportException && e instanceof RemoteTransportException == false) {
            word.onFailure(e);
        } else {
            word.onResponse(null);
        }
    }

    /** What is connected while this runs is not the old link any more; that few more are closed then does no harm. */
    @Override
    public void disconnect(String alias) {
        try {
            for (int i = 0; i < CONNECTIONS_MAX; i++) {
                transport.getRemoteClusterService().getConnection(alias).close();
            }
        } catch (NoSuchRemoteClusterException | IllegalStateException | IllegalArgumentException e) {
            LOGGER.debug("no connection to [{}] is left", alias);
        }
    }

    /** Whether a node answers at one of the cluster's addresses; also true when only OpenSearch can tell. May resolve names. */
    @Override
    public void isThere(String alias, Consumer<Boolean> answer) {
        List<String> addresses = addresses(alias);
        if (addresses.isEmpty()) {
            answer.accept(true); // it is not configured any more, and a call says so
            return;
        }
        AtomicInteger left = new AtomicInteger(addresses.size());
        AtomicBoolean answered = new AtomicBoolean();
        for (String address : addresses) {
            ActionListener<Boolean> one = ActionListener.wrap(there -> {
                boolean last = left.decrementAndGet() == 0;
                if ((there || last) && answered.compareAndSet(false, true)) {
                    answer.accept(there);
                }
            }, e -> {
                if (left.decrementAndGet() == 0 && answered.compareAndSet(false, true)) {
                    answer.accept(false);
                }
            });
            open(alias, address, one);
        }
    }

    private void open(String alias, String address, ActionListener<Boolean> answer) {
        try {
            int colon = address.lastIndexOf(':');
            InetAddress host = InetAddress.getByName(address.substring(0, colon));
            TransportAddress there = new TransportAddress(host, Integer.parseInt(address.substring(colon + 1)));
            DiscoveryNode node = new DiscoveryNode(
                alias + "#lookout",
                there,
                serverName(alias),
                Set.of(),
                Version.CURRENT.minimumCompatibilityVersion()
            );
            transport.openConnection(node, ONE_CHANNEL, ActionListener.wrap(connection -> {
                connection.close();
                answer.onResponse(true);
            }, answer::onFailure));
        } catch (UnknownHostException e) {
            answer.onFailure(e);
        }
    }

    /** Has OpenSearch connect. Any answer of the leader is success, be it an error. */
    @SuppressWarnings("try") // the context is only held, never read
    void connect(String alias, ActionListener<Void> listener) {
        ThreadContext context = transport.getThreadPool().getThreadContext();
        try (ThreadContext.StoredContext ignored = context.stashContext()) {
            ClusterStateRequest nothing = new ClusterStateRequest().clear().local(true);
            client.getRemoteClusterClient(alias).admin().cluster().state(nothing, ActionListener.wrap(
                answer -> listener.onResponse(null),
                e -> {
                    if (isConnected(alias)) {
                        listener.onResponse(null);
                    } else {
                        listener.onFailure(e);
                    }
                }
            ));
        }
    }

    private Settings settings() {
        return Settings.builder().put(clusterService.getSettings()).put(clusterService.state().metadata().settings()).build();
    }

    private List<String> addresses(String alias) {
        Settings settings = settings();
        if (RemoteConnectionStrategy.REMOTE_CONNECTION_MODE.getConcreteSettingForNamespace(alias).get(settings) == ConnectionStrategy.PROXY) {
            return given(ProxyConnectionStrategy.PROXY_ADDRESS.getConcreteSettingForNamespace(alias).get(settings));
        }
        List<String> proxy = given(SniffConnectionStrategy.REMOTE_CLUSTERS_PROXY.getConcreteSettingForNamespace(alias).get(settings));
        List<String> seeds = SniffConnectionStrategy.REMOTE_CLUSTER_SEEDS.getConcreteSettingForNamespace(alias).get(settings);
        return seeds.isEmpty() || proxy.isEmpty() ? seeds : proxy;
    }

    private static List<String> given(String address) {
        return Strings.isNullOrEmpty(address) ? List.of() : List.of(address);
    }

    private Map<String, String> serverName(String alias) {
        String name = ProxyConnectionStrategy.SERVER_NAME.getConcreteSettingForNamespace(alias).get(settings());
        return Strings.isNullOrEmpty(name) ? Map.of() : Map.of("server_name", name);
    }

    @Override
    protected void doStart() {}

    @Override
    protected void doStop() {}

    @Override
    protected void doClose() {}
}
