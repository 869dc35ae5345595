package org.opensearch.ccr.action;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.OpenSearchParseException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.common.FollowerRequest;
import org.opensearch.ccr.metadata.MetadataSync;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.state.FollowTasks;
import org.opensearch.ccr.state.IndexFollowState;
import org.opensearch.cluster.ClusterState;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.settings.IndexScopedSettings;
import org.opensearch.common.settings.Setting;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.XContentParser;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** {@code _update}: replaces the user's settings of a follower; those that are not named again go back to the leader's. */
public final class UpdateAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "indices:admin/plugins/replication/index/update";
    public static final UpdateAction INSTANCE = new UpdateAction();
    private static final Logger LOGGER = LogManager.getLogger(UpdateAction.class);
    private static final String WRAPPER = "settings";

    private UpdateAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    public static final class Request extends FollowerRequest<Request> {
        private final Settings settings;

        public Request(String follower, Settings settings) {
            super(follower);
            this.settings = settings;
        }

        /** Reads the body. @throws OpenSearchParseException when it is no map of settings */
        public static Request fromXContent(XContentParser parser, String follower) throws IOException {
            if (parser.nextToken() != XContentParser.Token.START_OBJECT) {
                throw new OpenSearchParseException("expected an object with settings");
            }
            Map<String, Object> body = parser.map();
            if (body.get(WRAPPER) instanceof Map<?, ?> inner) {
                if (body.size() > 1) {
                    throw new OpenSearchParseException("settings stand either all under [{}] or all beside it", WRAPPER);
                }
                Map<String, Object> unwrapped = new HashMap<>();
                inner.forEach((key, value) -> unwrapped.put(key.toString(), value));
                body = unwrapped;
            }
            return new Request(follower, Settings.builder().loadFromMap(body).build());
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            settings = Settings.readSettingsFromStream(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            Settings.writeSettingsToStream(settings, out);
        }
    }

    public static final class Transport extends FollowerTransport<Request> {

        private final IndexScopedSettings known;
        private final MetadataSync metadata;

        @Inject
        public Transport(FollowerServices services, IndexScopedSettings known, MetadataSync metadata) {
            super(NAME, services, Request::new);
            this.known = known;
            this.metadata = metadata;
        }

        @Override
        protected void run(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            ReplicationStates.Entry entry = ReplicationStates.of(state).get(request.follower());
            if (entry == null) {
                throw Replicated.notInProgress(request.follower());
            }
            if (entry.state() != OverallState.RUNNING && entry.state() != OverallState.PAUSED) {
                throw new IllegalStateException("Cannot update settings when in " + entry.state() + " state");
            }
            known.validate(request.settings, false);
            ensureChangeable(request.settings);
            services.store().update(request.follower(), record -> record.with(request.settings), ActionListener.wrap(stored -> {
                stored.orElseThrow(() -> Replicated.notInProgress(request.follower()));
                listener.onResponse(new AcknowledgedResponse(true));
                if (FollowTasks.phase(services.cluster().state(), request.follower()) == IndexFollowState.Phase.FOLLOWING) {
                    apply(request.follower()); // else the index task does so when it has come so far
                }
            }, listener::onFailure));
        }

        /** The answer does not wait for it: the leader may be away, and what is stored is taken up when it is back. */
        private void apply(String follower) {
            metadata.refresh(follower, ActionListener.wrap(
                applied -> LOGGER.debug("[{}] has its new settings", follower),
                e -> LOGGER.info("[{}] gets its new settings later: {}", follower, e.getMessage())
            ));
        }

        /** Upstream takes what nobody can change and never applies it. */
        private void ensureChangeable(Settings settings) {
            for (String key : settings.keySet()) {
                Setting<?> setting = known.get(key);
                OwnSettings.ensure(key, setting, settings);
                if (setting == null || setting.isPrivateIndex() || setting.isInternalIndex()) {
                    throw new IllegalArgumentException("setting [" + key + "] is not for users to set: leave it out");
                }
                if (setting.isFinal()) {
                    throw new IllegalArgumentException(
                        "setting [" + key + "] cannot be changed on an index that exists: give it to the _start of a new follower index"
                    );
                }
            }
        }
    }
}
