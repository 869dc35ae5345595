package org.opensearch.ccr.status;

import org.opensearch.ExceptionsHelper;
import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;

import java.util.Collection;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Many followers at once, for exactly those eyes that may see each of them: an index whose status the caller may not ask for is
 * left out of every list, as if it were not there.
 */
public final class FollowerLists {

    private final ClusterService clusterService;
    private final ThreadPool threadPool;
    private final StatusReader reader;

    public FollowerLists(ClusterService clusterService, ThreadPool threadPool, StatusReader reader) {
        this.clusterService = clusterService;
        this.threadPool = threadPool;
        this.reader = reader;
    }

    /** @param caller a client in the caller's name */
    public void statuses(
        Client caller,
        FollowerFilter filter,
        StatusForm form,
        ActionListener<SortedMap<String, StatusResponse>> listener
    ) {
        followers(caller, filter, ActionListener.wrap(seen -> reader.read(seen, form, ActionListener.map(listener, found -> {
            found.values().removeIf(status -> filter.matches(status) == false);
            return found;
        })), listener::onFailure));
    }

    /** Names of the followers that the filter's patterns match and the caller may see. */
    public void followers(Client caller, FollowerFilter filter, ActionListener<SortedSet<String>> listener) {
        Collection<String> all = ReplicationStates.of(clusterService.state()).entries().keySet();
        visible(caller, all.stream().filter(filter::matches).toList(), listener);
    }

    /** Those of the indices whose replication status the caller may ask for. */
    public void visible(Client caller, Collection<String> indices, ActionListener<SortedSet<String>> listener) {
        if (indices.isEmpty()) {
            listener.onResponse(new TreeSet<>());
            return;
        }
        ActionListener<Collection<Optional<String>>> all = ActionListener.map(listener, answers -> {
            SortedSet<String> seen = new TreeSet<>();
            answers.forEach(answer -> answer.ifPresent(seen::add));
            return seen;
        });
        GroupedActionListener<Optional<String>> grouped = new GroupedActionListener<>(all, indices.size());
        // Each is answered by this node at once; together they may take a while for somebody who waits on the network.
        threadPool.generic().execute(() -> {
            for (String index : indices) {
                StatusAction.Request question = StatusAction.Request.mayKnow(index);
                caller.execute(StatusAction.INSTANCE, question, ActionListener.wrap(yes -> grouped.onResponse(Optional.of(index)), e -> {
                    if (ExceptionsHelper.status(e) == RestStatus.FORBIDDEN) {
                        grouped.onResponse(Optional.empty());
                    } else {
                        grouped.onFailure(e);
                    }
                }));
            }
        });
    }
}
