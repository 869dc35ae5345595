package org.opensearch.ccr.follower;

import org.opensearch.action.support.ActionFilters;
import org.opensearch.action.support.HandledTransportAction;
import org.opensearch.action.support.replication.ReplicationRequest;
import org.opensearch.action.support.replication.ReplicationResponse;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.tasks.Task;
import org.opensearch.transport.TransportService;

/**
 * The way in to what is done on all copies of a shard. OpenSearch hands a request for such work that comes from another node
 * straight to the shard, past every action filter and so past the Security plugin. Therefore the work itself has the name of a
 * shard-level message, as OpenSearch's own has, and what has the name of the permission is this, filtered wherever it comes from.
 */
abstract class CheckedReplication<Q extends ReplicationRequest<Q>, A extends ReplicationResponse> extends HandledTransportAction<Q, A> {

    /** The work behind it. The task is one that the request has made. */
    @FunctionalInterface
    interface Work<Q, A> {
        void run(Task task, Q request, ActionListener<A> listener);
    }

    private final Work<Q, A> work;

    CheckedReplication(String name, TransportService transport, ActionFilters filters, Writeable.Reader<Q> request, Work<Q, A> work) {
        super(name, transport, filters, request);
        this.work = work;
    }

    /** Name of the work of the action with this name. */
    static String onShard(String name) {
        return name + "[s]";
    }

    @Override
    protected final void doExecute(Task task, Q request, ActionListener<A> listener) {
        work.run(task, request, listener);
    }
}
