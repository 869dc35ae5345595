package org.opensearch.ccr.action;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.action.ActionRequest;
import org.opensearch.action.admin.indices.delete.DeleteIndexAction;
import org.opensearch.action.admin.indices.delete.DeleteIndexRequest;
import org.opensearch.action.support.ActionFilter;
import org.opensearch.action.support.ActionFilterChain;
import org.opensearch.action.support.ActionRequestMetadata;
import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.index.FollowerDeletion;
import org.opensearch.ccr.metadata.FollowerBlock;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.ccr.settings.LifecycleSettings;
import org.opensearch.ccr.state.DeleteFollowersAction;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.tasks.Task;

import java.util.Arrays;
import java.util.List;

/**
 * Lets a follower index be deleted like any other: the index and the wish to replicate it go together, or neither does, and then
 * the rest of the replication is taken away. Where {@code plugins.replication.follower.block.delete} is set, the index's write
 * block refuses as it does for every other change.
 */
public final class FollowerDeletionFilter implements ActionFilter {

    private static final Logger LOGGER = LogManager.getLogger(FollowerDeletionFilter.class);

    private final ClusterService clusterService;
    private final IndexNameExpressionResolver resolver;
    private final RoleClients clients;

    public FollowerDeletionFilter(ClusterService clusterService, IndexNameExpressionResolver resolver, RoleClients clients) {
        this.clusterService = clusterService;
        this.resolver = resolver;
        this.clients = clients;
    }

    /** After the Security plugin's, so that only who may delete the index gets here; before the write guard's. */
    @Override
    public int order() {
        return -1;
    }

    @Override
    public <Request extends ActionRequest, Response extends ActionResponse> void apply(
        Task task,
        String action,
        Request request,
        ActionRequestMetadata<Request, Response> metadata,
        ActionListener<Response> listener,
        ActionFilterChain<Request, Response> chain
    ) {
        List<String> followers = request instanceof DeleteIndexRequest deletion && DeleteIndexAction.NAME.equals(action)
            ? followers(deletion)
            : List.of();
        if (followers.isEmpty()) {
            chain.proceed(task, action, request, listener);
            return;
        }
        DeleteFollowersAction.Request deletion = new DeleteFollowersAction.Request((DeleteIndexRequest) request);
        clients.plugin().execute(
            DeleteFollowersAction.INSTANCE,
            deletion,
            ActionListener.wrap(deleted -> cleanUp(followers, () -> answer(deleted, listener)), listener::onFailure)
        );
    }

    /** Ends the tasks and takes back what is on the leader. What cannot be taken back there expires there. */
    private void cleanUp(List<String> followers, Runnable then) {
        GroupedActionListener<Void> all = new GroupedActionListener<>(ActionListener.wrap(then::run), followers.size());
        for (String follower : followers) {
            StopAction.Request stop = new StopAction.Request(follower);
            clients.plugin().execute(StopAction.INSTANCE, stop, ActionListener.wrap(stopped -> all.onResponse(null), e -> {
                LOGGER.info("[{}] was deleted, but not all that its replication has left: {}", follower, e.getMessage());
                all.onResponse(null);
            }));
        }
    }

    private List<String> followers(DeleteIndexRequest request) {
        boolean refused = clusterService.getClusterSettings().get(LifecycleSettings.DELETE_BLOCK);
        if (refused && request instanceof FollowerDeletion.Request == false) {
            return List.of();
        }
        ClusterState state = clusterService.state();
        try {
            return Arrays.stream(resolver.concreteIndexNames(state, request))
                .filter(name -> FollowerBlock.isFollower(state.metadata().index(name)))
                .toList();
        } catch (RuntimeException e) {
            return List.of(); // a name that does not resolve: the action itself says so
        }
    }

    @SuppressWarnings("unchecked") // of a deletion, by its action
    private static <Response extends ActionResponse> void answer(AcknowledgedResponse deleted, ActionListener<Response> listener) {
        listener.onResponse((Response) deleted);
    }
}
