package org.opensearch.ccr.action;

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
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.tasks.Task;

import java.util.Arrays;
import java.util.List;

/**
 * Lets a follower index be deleted like any other: its replication is stopped first. Where
 * {@code plugins.replication.follower.block.delete} is set, the index's write block refuses as it does for every other change.
 */
public final class FollowerDeletionFilter implements ActionFilter {

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
        ActionListener<AcknowledgedResponse> done = ActionListener.wrap(stopped -> {
            if (anyLeft((DeleteIndexRequest) request, followers)) {
                chain.proceed(task, action, request, listener);
            } else {
                answer(listener);
            }
        }, listener::onFailure);
        GroupedActionListener<AcknowledgedResponse> all = new GroupedActionListener<>(
            ActionListener.map(done, stopped -> new AcknowledgedResponse(true)),
            followers.size()
        );
        followers.forEach(follower -> clients.plugin().execute(StopAction.INSTANCE, new StopAction.Request(follower), all));
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

    /** A follower that was still being copied goes away with its replication. Whether anything else was asked for. */
    private boolean anyLeft(DeleteIndexRequest request, List<String> followers) {
        ClusterState state = clusterService.state();
        String[] left = Arrays.stream(request.indices())
            .filter(name -> followers.contains(name) == false || state.metadata().hasIndex(name))
            .toArray(String[]::new);
        request.indices(left);
        return left.length > 0;
    }

    @SuppressWarnings("unchecked") // of a deletion, by its action
    private static <Response extends ActionResponse> void answer(ActionListener<Response> listener) {
        listener.onResponse((Response) new AcknowledgedResponse(true));
    }
}
