package org.opensearch.ccr.metadata;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.OpenSearchTimeoutException;
import org.opensearch.action.admin.indices.settings.put.UpdateSettingsClusterStateUpdateRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.ccr.common.ErrorClassifier;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
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

import java.util.Map;
import java.util.TreeMap;

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
        Map<String, String> leftOut = new TreeMap<>(plan.leftOut());
        PartByPart.make(
            plan.dynamic(),
            (changes, taken) -> dynamic(patience, index, changes, taken),
            FollowerSettings::isRefusal,
            ActionListener.wrap(refused -> {
                leftOut.putAll(refused);
                // Its analysis files are read: not on a thread that others wait for.
                threadPool.generic().execute(() -> fixed(patience, index, plan.fixed(), ActionListener.wrap(alsoRefused -> {
                    leftOut.putAll(alsoRefused);
                    note(patience, index, leader.getSettingsVersion(), leftOut, listener);
                }, listener::onFailure)));
            }, listener::onFailure)
        );
    }

    private void dynamic(AcknowledgedRequest<?> patience, Index index, Settings changes, ActionListener<Void> listener) {
        UpdateSettingsClusterStateUpdateRequest update = new UpdateSettingsClusterStateUpdateRequest().indices(new Index[] { index })
            .settings(changes)
            .ackTimeout(patience.timeout())
            .clusterManagerNodeTimeout(patience.clusterManagerNodeTimeout());
        updates.updateSettings(update, ActionListener.wrap(answer -> {
            ensureAcknowledged(answer.isAcknowledged(), index);
            listener.onResponse(null);
        }, listener::onFailure));
    }

    /** Core says so with plain exceptions; what passes by itself and what is about the whole index has other classes. */
    private static boolean isRefusal(Exception e) {
        return Unwrap.cause(e).getClass() == IllegalStateException.class || ErrorClassifier.classifyLocal(e) == ErrorClass.ERROR_FATAL;
    }

    /** Answers what the index could not be opened with, and why; the rest is in place then, with one closing and opening. */
    private void fixed(
        AcknowledgedRequest<?> patience,
        Index index,
        Settings changes,
        ActionListener<Map<String, String>> listener
    ) {
        Settings.Builder taken = Settings.builder();
        PartByPart.make(changes, (part, tried) -> {
            Exception refused = reopening.refusal(clusterService.state(), index, Settings.builder().put(taken.build()).put(part).build());
            if (refused == null) {
                taken.put(part);
                tried.onResponse(null);
            } else {
                tried.onFailure(refused);
            }
        }, e -> true, ActionListener.wrap(refused -> {
            Settings accepted = taken.build();
            if (accepted.isEmpty()) {
                listener.onResponse(refused);
            } else {
                reopening.reopenWith(patience, index, accepted, ActionListener.map(listener, reopened -> refused));
            }
        }, listener::onFailure));
    }

    private void note(AcknowledgedRequest<?> patience, Index index, long version, Map<String, String> leftOut, ActionListener<Void> listener) {
        LeaderOrigin before = LeaderOrigin.of(clusterService.state().metadata().index(index));
        if (before.withSettings(version, leftOut).equals(before)) {
            listener.onResponse(null);
            return;
        }
        if (leftOut.isEmpty() == false) {
            LOGGER.warn("[{}] does without settings of its leader: {}", index.getName(), leftOut);
        }
        FollowerUpdate.submit(clusterService, "replication-note-settings", patience, index, new FollowerUpdate() {
            @Override
            public ClusterState execute(ClusterState current) {
                IndexMetadata now = current.metadata().index(index);
                if (now == null) {
                    throw new IndexNotFoundException(index);
                }
                LeaderOrigin noted = LeaderOrigin.of(now).withSettings(version, leftOut);
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
