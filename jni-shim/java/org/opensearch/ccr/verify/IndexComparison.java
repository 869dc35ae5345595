package org.opensearch.ccr.verify;

import org.opensearch.OpenSearchSecurityException;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.metadata.LeaderOrigin;
import org.opensearch.ccr.proto.CoreProto.VerifyConfig;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.Randomness;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.Index;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.threadpool.Scheduler;
import org.opensearch.threadpool.ThreadPool;

import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;

/** Compares the shards of a follower index with their leaders', a few at a time, and gathers what they come to. */
public final class IndexComparison {

    private static final long QUESTION_BYTES_MIN = 1 << 20;
    private static final long QUESTION_BYTES_MAX = 16 << 20;
    private static final long SHARD_BYTES_PER_SECOND_MIN = 64 << 10;

    /** What is compared. */
    public record Target(String alias, Index leader, IndexMetadata follower, FollowRoles roles) {}

    /**
     * How much it may cost.
     *
     * @param bytesPerSecond of all shards on both sides together
     * @param concurrent     shards at a time
     * @param differencesMax ends after about so many
     * @param time           ends then with what it has; null for none
     */
    public record Limits(long bytesPerSecond, int concurrent, int differencesMax, TimeValue time) {}

    private final NativeCore core;
    private final ThreadPool threadPool;
    private final RoleClients clients;
    private final Target target;
    private final Limits limits;
    private final List<Long> places;
    private final long[] key;
    private final ActionListener<VerifyResponse> listener;

    // guarded by this
    private final Queue<Integer> waiting = new ArrayDeque<>();
    private final Map<Integer, ShardComparison> running = new TreeMap<>();
    private final Map<Integer, ShardResult> results = new TreeMap<>();
    private final List<Difference> differences = new ArrayList<>();
    private Scheduler.Cancellable timer;
    private Exception firstFailure;
    private boolean stopped;
    private boolean ended;

    /**
     * @param resume what an earlier comparison answered; null begins at the beginning
     * @throws IllegalArgumentException for a token that does not fit
     */
    public IndexComparison(
        NativeCore core,
        ThreadPool threadPool,
        RoleClients clients,
        Target target,
        Limits limits,
        String resume,
        ActionListener<VerifyResponse> listener
    ) {
        this.core = core;
        this.threadPool = threadPool;
        this.clients = clients;
        this.target = target;
        this.limits = limits;
        this.listener = listener;
        Index follower = target.follower().getIndex();
        this.places = ResumeToken.places(resume, follower.getName(), follower.getUUID(), target.follower().getNumberOfShards());
        SecureRandom random = Randomness.createSecure();
        this.key = new long[] { random.nextLong(), random.nextLong() };
        for (int shard = 0; shard < places.size(); shard++) {
            if (places.get(shard) == ResumeToken.DONE) {
                results.put(shard, new ShardResult(shard, true, 0, -1, 0, 0, 0, 0, null));
            } else {
                waiting.add(shard);
            }
        }
    }

    /** Call it once. */
    void start() {
        if (limits.time() != null) {
            Scheduler.Cancellable scheduled = threadPool.schedule(this::stop, limits.time(), ThreadPool.Names.GENERIC);
            synchronized (this) {
                timer = scheduled;
            }
        }
        next();
    }

    /** Ends it soon with what it has. */
    void stop() {
        List<ShardComparison> all;
        synchronized (this) {
            stopped = true;
            all = List.copyOf(running.values());
        }
        all.forEach(ShardComparison::stop);
        next();
    }

    /** Of shards that have begun. */
    synchronized List<ShardResult> progress() {
        Map<Integer, ShardResult> all = new TreeMap<>(results);
        running.forEach((shard, comparison) -> all.put(shard, comparison.progress()));
        return List.copyOf(all.values());
    }

    /** Begins with shards for which there is room, or ends. */
    private void next() {
        List<ShardComparison> begun = new ArrayList<>();
        synchronized (this) {
            while (stopped && waiting.isEmpty() == false) {
                int shard = waiting.poll();
                results.put(shard, new ShardResult(shard, false, places.get(shard), -1, 0, 0, 0, 0, null));
            }
            while (waiting.isEmpty() == false && running.size() < limits.concurrent()) {
                int shard = waiting.poll();
                try {
                    ShardComparison comparison = comparison(shard);
                    running.put(shard, comparison);
                    begun.add(comparison);
                } catch (RuntimeException e) { // the connection is not configured any more, or the core has no room
                    failed(shard, e);
                }
            }
            if (ended || running.isEmpty() == false) {
                begun.forEach(comparison -> threadPool.generic().execute(comparison::start));
                return;
            }
            ended = true;
            if (timer != null) {
                timer.cancel();
            }
        }
        end();
    }

    private ShardComparison comparison(int number) {
        int together = Math.min(limits.concurrent(), places.size());
        long rate = Math.max(SHARD_BYTES_PER_SECOND_MIN, limits.bytesPerSecond() / together);
        VerifyConfig config = VerifyConfig.newBuilder()
            .setNextSeqNo(places.get(number))
            .setBytesPerSecond(rate)
            .setBytesMax((int) Math.clamp(rate / 4, QUESTION_BYTES_MIN, QUESTION_BYTES_MAX))
            .setDifferencesMax(limits.differencesMax())
            .build();
        String history = LeaderOrigin.of(target.follower()).historyUuid(number);
        ShardComparison.Side leader = new ShardComparison.Side(
            "leader cluster [" + target.alias() + "]",
            clients.leader(target.alias(), target.roles()),
            new ShardId(target.leader(), number),
            history
        );
        return new ShardComparison(
            threadPool,
            core.openVerify(config),
            leader,
            new ShardComparison.Side("follower cluster", clients.plugin(), new ShardId(target.follower().getIndex(), number), ""),
            key,
            this::found,
            ActionListener.wrap(result -> done(number, result, null), e -> done(number, null, e))
        );
    }

    /** Guarded by this. One that could not begin, or was broken off. */
    private void failed(int number, Exception e) {
        results.put(number, new ShardResult(number, false, places.get(number), -1, 0, 0, 0, 0, String.valueOf(e.getMessage())));
        if (firstFailure == null) {
            firstFailure = e;
        }
    }

    private void found(List<Difference> found) {
        boolean enough;
        synchronized (this) {
            differences.addAll(found);
            enough = found.isEmpty() == false && differences.size() >= limits.differencesMax();
        }
        if (enough) {
            threadPool.generic().execute(this::stop);
        }
    }

    /** @param broken null when there is a result */
    private void done(int number, ShardResult result, Exception broken) {
        synchronized (this) {
            ShardComparison comparison = running.remove(number);
            if (broken != null) {
                failed(number, broken);
            } else {
                results.put(number, result);
                firstFailure = firstFailure == null && comparison != null ? comparison.failure() : firstFailure;
            }
        }
        next();
    }

    /**
     * A comparison that could not even begin, or that one side refused before a document was compared, fails with the reason; one
     * that has looked at anything answers what it saw.
     */
    private void end() {
        List<ShardResult> shards = List.copyOf(results.values());
        boolean refused = firstFailure instanceof OpenSearchSecurityException;
        if (firstFailure != null
            && shards.stream().allMatch(s -> s.failure() != null && (s.bytes() == 0 || refused && s.documents() == 0))) {
            listener.onFailure(firstFailure);
            return;
        }
        String resume = null;
        if (shards.stream().anyMatch(shard -> shard.complete() == false)) {
            List<Long> rest = shards.stream().map(shard -> shard.complete() ? ResumeToken.DONE : shard.nextSeqNo()).toList();
            resume = ResumeToken.of(target.follower().getIndexUUID(), rest);
        }
        listener.onResponse(
            new VerifyResponse(
                target.follower().getIndex().getName(),
                target.alias() + ":" + target.leader().getName(),
                shards,
                Difference.joined(differences),
                resume
            )
        );
    }
}
