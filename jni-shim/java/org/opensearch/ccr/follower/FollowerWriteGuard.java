package org.opensearch.ccr.follower;

import org.opensearch.action.ActionRequest;
import org.opensearch.action.IndicesRequest;
import org.opensearch.action.admin.indices.close.CloseIndexAction;
import org.opensearch.action.admin.indices.delete.DeleteIndexAction;
import org.opensearch.action.admin.indices.forcemerge.ForceMergeAction;
import org.opensearch.action.admin.indices.mapping.put.PutMappingAction;
import org.opensearch.action.admin.indices.open.OpenIndexAction;
import org.opensearch.action.admin.indices.readonly.AddIndexBlockAction;
import org.opensearch.action.admin.indices.settings.put.UpdateSettingsAction;
import org.opensearch.action.bulk.TransportShardBulkAction;
import org.opensearch.action.support.ActionFilter;
import org.opensearch.action.support.ActionFilterChain;
import org.opensearch.action.support.ActionRequestMetadata;
import org.opensearch.action.support.replication.ReplicationRequest;
import org.opensearch.action.update.UpdateAction;
import org.opensearch.ccr.metadata.FollowerBlock;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlocks;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.tasks.Task;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Refuses writes to followers that have no write block yet: in the moments after a restart of the cluster and after a restore
 * created the index. It stops the requests that the block would stop, with the same answer. Where every follower has its block,
 * a request costs one lookup of its action's name and, for a write, two comparisons of references.
 *
 * <p>Bulk and single-document writes are refused where they come together, at the request to a shard, so that a bulk request to
 * many indices fails only for the followers among them. What gets past all this meets {@link FollowerEngine}.
 */
public final class FollowerWriteGuard implements ActionFilter {
    private static final String INTERNAL = "_ccr_internal";
    private static final Set<String> GUARDED = Set.of(
        TransportShardBulkAction.ACTION_NAME,
        UpdateAction.NAME,
        DeleteIndexAction.NAME,
        CloseIndexAction.NAME,
        OpenIndexAction.NAME,
        PutMappingAction.NAME,
        UpdateSettingsAction.NAME,
        ForceMergeAction.NAME,
        AddIndexBlockAction.NAME
    );

    private record Seen(Metadata metadata, ClusterBlocks blocks, Set<String> unblocked) {}

    private final ClusterService clusterService;
    private final IndexNameExpressionResolver resolver;
    private final ThreadContext context;
    private volatile Seen seen = new Seen(null, null, Set.of());

    FollowerWriteGuard(ClusterService clusterService, IndexNameExpressionResolver resolver, ThreadContext context) {
        this.clusterService = clusterService;
        this.resolver = resolver;
        this.context = context;
    }

    /**
     * Lets the calls made in this context pass, on this node and on the cluster manager. It is a header, which no REST request
     * can bring along: OpenSearch copies only the headers it knows. Cluster blocks hold all the same.
     */
    public static void allow(ThreadContext context) {
        if (context.getHeader(INTERNAL) == null) {
            context.putHeader(INTERNAL, "true");
        }
    }

    /** After the Security plugin's, which comes first: who may not write anyhow is told so. */
    @Override
    public int order() {
        return 0;
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
        if (GUARDED.contains(action)) {
            ClusterState state = clusterService.state();
            Set<String> unblocked = unblocked(state);
            if (unblocked.isEmpty() == false && context.getHeader(INTERNAL) == null) {
                List<String> refused = targets(state, request).stream().filter(unblocked::contains).toList();
                if (refused.isEmpty() == false) {
                    listener.onFailure(FollowerBlock.refusal(refused));
                    return;
                }
            }
        }
        chain.proceed(task, action, request, listener);
    }

    private Set<String> unblocked(ClusterState state) {
        Seen last = seen;
        if (last.metadata != state.metadata() || last.blocks != state.blocks()) {
            last = new Seen(state.metadata(), state.blocks(), Set.copyOf(FollowerBlockKeeper.unblocked(state)));
            seen = last;
        }
        return last.unblocked;
    }

    private List<String> targets(ClusterState state, ActionRequest request) {
        if (request instanceof ReplicationRequest<?> shard) {
            return shard.index() == null ? List.of() : List.of(shard.index());
        }
        if (request instanceof IndicesRequest indices) {
            try {
                return Arrays.asList(resolver.concreteIndexNames(state, indices));
            } catch (RuntimeException e) {
                return List.of(); // a name that does not resolve: the action itself says so
            }
        }
        return List.of();
    }
}
