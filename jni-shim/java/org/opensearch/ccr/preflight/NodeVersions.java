package org.opensearch.ccr.preflight;

import org.opensearch.Version;
import org.opensearch.action.admin.cluster.node.info.NodeInfo;
import org.opensearch.action.admin.cluster.node.info.PluginsAndModules;
import org.opensearch.plugins.PluginInfo;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/** Which OpenSearch and which build of the plugin the nodes of a cluster run. */
public final class NodeVersions {

    private static final String INSTALL = "Install the plugin on every node of the %s cluster, in the same version on both, and restart the node";

    private final String side;
    private final List<String> without = new ArrayList<>();
    private final TreeSet<String> plugin = new TreeSet<>();
    private final TreeSet<Version> node = new TreeSet<>(Comparator.naturalOrder());
    private int count;

    /** @param side "leader" or "follower" */
    public NodeVersions(String side, String pluginName, List<NodeInfo> nodes) {
        this.side = side;
        for (NodeInfo info : nodes) {
            PluginsAndModules plugins = info.getInfo(PluginsAndModules.class);
            String version = plugins == null ? null : version(plugins.getPluginInfos(), pluginName);
            count++;
            node.add(info.getVersion());
            if (version == null) {
                without.add(info.getNode().getName());
            } else {
                plugin.add(version);
            }
        }
    }

    private static String version(List<PluginInfo> plugins, String name) {
        return plugins.stream().filter(info -> info.getName().equals(name)).map(PluginInfo::getVersion).findFirst().orElse(null);
    }

    /** Whether every node has the plugin. */
    public Check plugin() {
        String name = "plugin_on_" + side;
        String remedy = INSTALL.replace("%s", side);
        if (without.isEmpty() == false) {
            return Check.failed(name, "nodes " + without + " of [" + count + "] do not have the plugin", remedy);
        }
        if (plugin.size() > 1) {
            return Check.warning(name, "versions " + plugin + " of the plugin at the same time", remedy);
        }
        return Check.ok(name, "version " + plugin + " on all [" + count + "] nodes");
    }

    /** Whether both clusters run what they should. */
    public static Check same(NodeVersions leader, NodeVersions follower) {
        String found = "leader: OpenSearch " + leader.node + ", plugin " + leader.plugin + "; follower: OpenSearch " + follower.node
            + ", plugin " + follower.plugin;
        if (leader.node.isEmpty() == false && follower.node.isEmpty() == false && follower.node.first().before(leader.node.last())) {
            return Check.failed(
                "versions",
                found,
                "Upgrade the follower cluster first: it has to read what the leader's version writes"
            );
        }
        if (leader.node.equals(follower.node) && leader.plugin.equals(follower.plugin)) {
            return Check.ok("versions", found);
        }
        return Check.warning("versions", found, "Run the same versions on both clusters when the upgrade is over");
    }
}
