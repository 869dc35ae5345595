package org.opensearch.ccr.metadata;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.AliasAction;
import org.opensearch.cluster.metadata.AliasMetadata;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.cluster.metadata.MetadataIndexAliasesService;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.index.IndexNotFoundException;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Gives a follower its leader's aliases, none of which writes. An alias that this cluster does not take, for instance because an
 * index has its name, is left out and noted. Runs on the cluster manager; aliases and the note are one change of its state.
 */
public final class FollowerAliases {

    private static final Logger LOGGER = LogManager.getLogger(FollowerAliases.class);

    private final ClusterService clusterService;
    private final MetadataIndexAliasesService aliases;

    @Inject
    public FollowerAliases(ClusterService clusterService, MetadataIndexAliasesService aliases) {
        this.clusterService = clusterService;
        this.aliases = aliases;
    }

    /** Completes when every node has them. */
    void apply(AcknowledgedRequest<?> patience, Index follower, IndexMetadata leader, ActionListener<Void> listener) {
        IndexMetadata ours = clusterService.state().metadata().index(follower);
        if (ours != null && leader.getAliasesVersion() <= LeaderOrigin.of(ours).aliasesVersion()) {
            listener.onResponse(null);
            return;
        }
        FollowerUpdate.submit(
            clusterService,
            "replication-aliases",
            patience,
            follower,
            current -> taken(current, follower, leader),
            listener
        );
    }

    private ClusterState taken(ClusterState current, Index follower, IndexMetadata leader) {
        IndexMetadata ours = current.metadata().index(follower);
        if (ours == null) {
            throw new IndexNotFoundException(follower);
        }
        Map<String, String> leftOut = new TreeMap<>();
        ClusterState changed = current;
        for (String alias : ours.getAliases().keySet()) {
            if (leader.getAliases().containsKey(alias) == false) {
                changed = apply(changed, new AliasAction.Remove(follower.getName(), alias, false), alias, leftOut);
            }
        }
        for (AliasMetadata alias : leader.getAliases().values()) {
            String unfit = AliasFit.whyNot(changed.metadata(), alias.alias(), follower.getName());
            if (unfit == null) {
                changed = apply(changed, add(follower, alias), alias.alias(), leftOut);
            } else {
                leftOut.put(alias.alias(), unfit);
            }
        }
        IndexMetadata now = changed.metadata().getIndexSafe(follower);
        LeaderOrigin noted = LeaderOrigin.of(now).withAliases(leader.getAliasesVersion(), leftOut);
        return ClusterState.builder(changed)
            .metadata(Metadata.builder(changed.metadata()).put(noted.into(IndexMetadata.builder(now))))
            .build();
    }

    private ClusterState apply(ClusterState current, AliasAction action, String alias, Map<String, String> leftOut) {
        try {
            return aliases.applyAliasActions(current, List.of(action));
        } catch (RuntimeException e) {
            LOGGER.warn("[{}] does not take the alias [{}] of its leader: {}", action.getIndex(), alias, e.getMessage());
            leftOut.put(alias, e.getMessage());
            return current;
        }
    }

    private static AliasAction add(Index follower, AliasMetadata alias) {
        return new AliasAction.Add(
            follower.getName(),
            alias.alias(),
            alias.filter() == null ? null : alias.filter().string(),
            alias.indexRouting(),
            alias.searchRouting(),
            alias.writeIndex() == null ? null : Boolean.FALSE,
            alias.isHidden()
        );
    }
}
