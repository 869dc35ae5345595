package org.opensearch.ccr.action;

import org.opensearch.ExceptionsHelper;
import org.opensearch.OpenSearchException;
import org.opensearch.ResourceNotFoundException;
import org.opensearch.ccr.status.FollowerFilter;
import org.opensearch.ccr.status.FollowerLists;
import org.opensearch.common.regex.Regex;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;

/** {@code _failover} of a pattern: the followers that the caller may see, a few at a time, each for itself. */
public final class Failovers {

    /** Each is some updates of the cluster state, which join when they come together. */
    private static final int AT_ONCE = 8;

    /** What came of those that are ordinary indices now, each of whose shards says whether it is one already; and of the others. */
    public record Outcome(SortedMap<String, FailoverResponse> promoted, SortedMap<String, Exception> failed) implements ToXContentObject {
        @Override
        public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
            long whole = promoted.values().stream().filter(FailoverResponse::promoted).count();
            long others = promoted.size() + failed.size() - whole;
            builder.startObject().field("acknowledged", others == 0).field("num_promoted", whole).field("num_failed", others);
            builder.startObject("indices");
            for (Map.Entry<String, FailoverResponse> one : promoted.entrySet()) {
                builder.field(one.getKey());
                one.getValue().toXContent(builder, params);
            }
            for (Map.Entry<String, Exception> one : failed.entrySet()) {
                builder.startObject(one.getKey()).field("promoted", false);
                builder.startObject("error");
                OpenSearchException.generateThrowableXContent(builder, params, ExceptionsHelper.unwrapCause(one.getValue()));
                builder.endObject().endObject();
            }
            return builder.endObject().endObject();
        }
    }

    /** @param timeout and managerTimeout of each stop, null for what is usual */
    public record Patience(TimeValue timeout, TimeValue managerTimeout) {}

    private final FollowerLists lists;
    private final ThreadPool threadPool;

    public Failovers(FollowerLists lists, ThreadPool threadPool) {
        this.lists = lists;
        this.threadPool = threadPool;
    }

    /**
     * Fails over what the pattern matches. A single name fails with its own error; a pattern that matches nothing with 404.
     *
     * @param caller a client in the caller's name
     */
    public void run(Client caller, String pattern, Patience patience, ActionListener<Outcome> listener) {
        if (Regex.isSimpleMatchPattern(pattern) == false && pattern.indexOf(',') < 0) {
            caller.execute(FailoverAction.INSTANCE, request(pattern, patience), ActionListener.map(listener, answer -> {
                SortedMap<String, FailoverResponse> promoted = new TreeMap<>(Map.of(pattern, answer));
                return new Outcome(promoted, new TreeMap<>());
            }));
            return;
        }
        lists.followers(caller, FollowerFilter.naming(pattern), ActionListener.wrap(seen -> {
            if (seen.isEmpty()) {
                throw new ResourceNotFoundException("No indices found matching pattern: [" + pattern + "]");
            }
            Run run = new Run(caller, patience, new ArrayDeque<>(seen), new Outcome(new TreeMap<>(), new TreeMap<>()), listener);
            for (int i = 0; i < Math.min(AT_ONCE, seen.size()); i++) {
                run.next();
            }
        }, listener::onFailure));
    }

    private static FailoverAction.Request request(String follower, Patience patience) {
        FailoverAction.Request request = new FailoverAction.Request(follower);
        if (patience.timeout != null) {
            request.timeout(patience.timeout);
        }
        if (patience.managerTimeout != null) {
            request.clusterManagerNodeTimeout(patience.managerTimeout);
        }
        return request;
    }

    private final class Run {
        private final Client caller;
        private final Patience patience;
        private final Queue<String> waiting; // this and the outcome: guarded by this
        private final Outcome outcome;
        private final ActionListener<Outcome> listener;
        private int open;

        Run(Client caller, Patience patience, Queue<String> waiting, Outcome outcome, ActionListener<Outcome> listener) {
            this.caller = caller;
            this.patience = patience;
            this.waiting = waiting;
            this.outcome = outcome;
            this.listener = listener;
            this.open = waiting.size();
        }

        void next() {
            String follower;
            synchronized (this) {
                follower = waiting.poll();
            }
            if (follower == null) {
                return;
            }
            caller.execute(
                FailoverAction.INSTANCE,
                request(follower, patience),
                ActionListener.wrap(answer -> ended(follower, answer, null), e -> ended(follower, null, e))
            );
        }

        private void ended(String follower, FailoverResponse answer, Exception failure) {
            boolean last;
            synchronized (this) {
                if (failure == null) {
                    outcome.promoted.put(follower, answer);
                } else {
                    outcome.failed.put(follower, failure);
                }
                last = --open == 0;
            }
            if (last) {
                listener.onResponse(outcome);
            } else {
                threadPool.generic().execute(this::next); // never on the stack of the one before
            }
        }
    }
}
