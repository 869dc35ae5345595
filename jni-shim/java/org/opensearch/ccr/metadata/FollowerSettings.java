package org.opensearch.ccr.metadata;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.OpenSearchTimeoutException;
import org.opensearch.action.admin.indices.settings.put.UpdateSettingsClusterStateUpdateRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.cluster.metadata.MetadataUpdateSettingsService;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.settings.IndexScopedSettings;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.index.IndexNotFoundException;
import org.opensearch.threadpool.ThreadPool;

/**
 * Gives a follower its leader's settings: dynamic ones at once, the others by closing the index for a moment. Runs on the
 * cluster manager.
 */
public final class FollowerSettings {

    private static final Logger LOGGER = LogManager.getLogger(FollowerSettings.class);

    private final ClusterService clusterService;
    private final ThreadPool threadPool;
    private final IndexScopedSettings known;
    private final MetadataUpdateSettingsService updates;
    private final FollowerReopening reopening;

    @Inject
    public FollowerSettings(
        ClusterService clusterService,
        ThreadPool threadPool,
        IndexScopedSettings known,
        MetadataUpdateSettingsService updates,
        FollowerReopening reopening
    ) {
        this.clusterService = clusterService;
        this.threadPool = threadPool;
        this.known = known;
        this.updates = updates;
        this.reopening = reopening;
    }

    /** Completes when every node has the settings, and the version and what was left out are noted with the index. */
    void apply(
        AcknowledgedRequest<?> patience,
        IndexMetadata follower,
        IndexMetadata leader,
        Settings overrides,
        ActionListener<Void> listener
    ) {
        SettingsPlan plan = SettingsPlan.of(known, leader.getSettings(), overrides, follower.getSettings());
        LOGGER.debug("[{}] settings: {}", follower.getIndex().getName(), plan);
        Index index = follower.getIndex();
        dynamic(patience, index, plan.dynamic(), ActionListener.wrap(
            updated -> fixed(patience, index, plan, ActionListener.wrap(
                taken -> note(patience, index, leader.getSettingsVersion(), taken, listener),
                listener::onFailure
            )),
            listener::onFailure
        ));
    }

    private void dynamic(AcknowledgedRequest<?> patience, Index index, Settings changes, ActionListener<Void> listener) {
        if (changes.isEmpty()) {
            listener.onResponse(null);
            return;
        }
        UpdateSettingsClusterStateUpdateRequest update = new UpdateSettingsClusterStateUpdateRequest().indices(new Index[] { index })
            .settings(changes)
            .ackTimeout(patience.timeout())
            .clusterManagerNodeTimeout(patience.clusterManagerNodeTimeout());
        updates.updateSettings(update, ActionListener.wrap(answer -> {
            ensureAcknowledged(answer.isAcknowledged(), index);
            listener.onResponse(null);
        }, listener::onFailure));
    }

    /** Answers the plan as it was carried out: what no index can be opened with is left out. */
    private void fixed(AcknowledgedRequest<?> patience, Index index, SettingsPlan plan, ActionListener<SettingsPlan> listener) {
        if (plan.fixed().isEmpty()) {
            listener.onResponse(plan);
            return;
        }
        Exception refused = reopening.refusal(clusterService.state(), index, plan.fixed());
        if (refused != null) {
            LOGGER.warn("[{}] does not take {} of its leader: {}", index.getName(), plan.fixed().keySet(), refused.getMessage());
            listener.onResponse(plan.refused(refused));
            return;
        }
        reopening.reopenWith(patience, index, plan.fixed(), ActionListener.map(listener, reopened -> plan));
    }

    private void note(AcknowledgedRequest<?> patience, Index index, long version, SettingsPlan plan, ActionListener<Void> listener) {
        LeaderOrigin before = LeaderOrigin.of(clusterService.state().metadata().index(index));
        if (before.withSettings(version, plan.leftOut()).equals(before)) {
            listener.onResponse(null);
            return;
        }
        FollowerUpdate.submit(clusterService, "replication-note-settings", patience, index, new FollowerUpdate() {
            @Override
            public ClusterState execute(ClusterState current) {
                IndexMetadata now = current.metadata().index(index);
                if (now == null) {
                    throw new IndexNotFoundException(index);
                }
                LeaderOrigin noted = LeaderOrigin.of(now).withSettings(version, plan.leftOut());
                return ClusterState.builder(current)
                    .metadata(Metadata.builder(current.metadata()).put(noted.into(IndexMetadata.builder(now))))
                    .build();
            }
        }, listener);
    }

    private static void ensureAcknowledged(boolean acknowledged, Index index) {
        if (acknowledged == false) {
            throw new OpenSearchTimeoutException("the settings of [{}] have not reached every node yet", index.getName());
        }
    }
}
