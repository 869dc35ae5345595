package org.opensearch.ccr.index;

import org.opensearch.OpenSearchStatusException;
import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.metadata.FollowRecord;
import org.opensearch.ccr.metadata.ManagerTransport;
import org.opensearch.ccr.metadata.ReplicationStore;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.ccr.state.FollowTasks;
import org.opensearch.ccr.state.IndexFollowParams;
import org.opensearch.ccr.state.StateAction;
import org.opensearch.cluster.ClusterState;
import org.opensearch.common.inject.Inject;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.Index;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.indices.InvalidIndexNameException;
import org.opensearch.threadpool.ThreadPool;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The cluster manager's part of {@code _start}: the last checks, then record, then state entry with task. */
public final class CreateAction extends ActionType<AcknowledgedResponse> {

    public static final String NAME = "internal:indices/admin/plugins/replication/index/start";
    public static final CreateAction INSTANCE = new CreateAction();

    private CreateAction() {
        super(NAME, AcknowledgedResponse::new);
    }

    /**
     * What this cluster has against a new follower of that name.
     *
     * @param startBlocked whether {@link CcrSettings#START_BLOCK} is set
     */
    public static void ensureFree(ClusterState state, String follower, boolean startBlocked) {
        if (startBlocked) {
            throw new OpenSearchStatusException("[FORBIDDEN] Replication START block is set", RestStatus.FORBIDDEN);
        }
        if (state.metadata().hasIndex(follower)) {
            throw new IllegalArgumentException("Cant use same index again for replication. Delete the index:" + follower);
        }
        if (state.metadata().hasAlias(follower) || state.metadata().dataStreams().containsKey(follower)) {
            throw new InvalidIndexNameException(follower, "already exists as alias or data stream");
        }
        if (FollowTasks.indexTask(state, follower) != null) {
            throw taskExists(follower);
        }
    }

    private static ResourceAlreadyExistsException taskExists(String follower) {
        return new ResourceAlreadyExistsException("task with id {" + FollowTasks.indexTaskId(follower) + "} already exist");
    }

    /** A replication whose leader has been looked at. */
    public static final class Request extends AcknowledgedRequest<Request> {
        private final String follower;
        private final String alias;
        private final Index leader;
        private final FollowRoles roles;
        private final Settings settings;

        public Request(String follower, String alias, Index leader, FollowRoles roles, Settings settings) {
            this.follower = follower;
            this.alias = alias;
            this.leader = leader;
            this.roles = roles;
            this.settings = settings;
        }

        public Request(StreamInput in) throws IOException {
            super(in);
            follower = in.readString();
            alias = in.readString();
            leader = new Index(in);
            roles = new FollowRoles(in);
            settings = Settings.readSettingsFromStream(in);
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString(follower);
            out.writeString(alias);
            leader.writeTo(out);
            roles.writeTo(out);
            Settings.writeSettingsToStream(settings, out);
        }

        @Override
        public ActionRequestValidationException validate() {
            return null;
        }
    }

    public static final class Transport extends ManagerTransport<Request, AcknowledgedResponse> {

        private final RoleClients clients;
        private final ReplicationStore store;
        /** Between the checks and the state entry; a second request would overwrite the first one's record. */
        private final Set<String> starting = ConcurrentHashMap.newKeySet();

        @Inject
        public Transport(Services services, RoleClients clients, ReplicationStore store) {
            super(NAME, services, Request::new, AcknowledgedResponse::new);
            this.clients = clients;
            this.store = store;
        }

        @Override
        protected String executor() {
            return ThreadPool.Names.GENERIC;
        }

        @Override
        protected void clusterManagerOperation(Request request, ClusterState state, ActionListener<AcknowledgedResponse> listener) {
            ensureFree(state, request.follower, clusterService.getClusterSettings().get(CcrSettings.START_BLOCK));
            FollowRecord record = FollowRecord.running(
                request.follower,
                request.alias,
                request.leader.getName(),
                request.roles,
                request.settings
            );
            IndexFollowParams task = new IndexFollowParams(request.alias, request.leader, request.follower, false);
            if (starting.add(request.follower) == false) {
                throw taskExists(request.follower);
            }
            ActionListener<AcknowledgedResponse> done = ActionListener.runBefore(listener, () -> starting.remove(request.follower));
            try {
                store.put(record, ActionListener.wrap(
                    stored -> clients.plugin().execute(StateAction.INSTANCE, StateAction.Request.run(task), done),
                    done::onFailure
                ));
            } catch (RuntimeException e) {
                done.onFailure(e); // or its name would be taken for as long as this node lives
            }
        }
    }
}
