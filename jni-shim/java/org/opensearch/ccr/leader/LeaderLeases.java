package org.opensearch.ccr.leader;

import org.opensearch.ExceptionsHelper;
import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionType;
import org.opensearch.action.support.GroupedActionListener;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.index.seqno.RetentionLeaseActions;
import org.opensearch.index.seqno.RetentionLeaseAlreadyExistsException;
import org.opensearch.index.seqno.RetentionLeaseInvalidRetainingSeqNoException;
import org.opensearch.index.seqno.RetentionLeaseNotFoundException;
import org.opensearch.transport.client.Client;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The retention leases that this cluster holds on its leaders: one for each followed shard, so that the leader keeps the
 * operations the follower has not got yet. Their ids name this cluster by name and UUID.
 */
public final class LeaderLeases {

    /** Retain every operation that is still there. */
    public static final long RETAIN_ALL = RetentionLeaseActions.RETAIN_ALL;
    /** Every lease of every follower begins so. */
    public static final String PREFIX = "replication:";

    private final Supplier<String> source;
    private final Supplier<String> idPrefix;

    public LeaderLeases(String followerClusterName, String followerClusterUuid) {
        source = () -> PREFIX + followerClusterName;
        idPrefix = () -> PREFIX + followerClusterName + ":" + followerClusterUuid + ":";
    }

    /** The UUID is known only after the cluster has formed: it is read with each call. */
    public LeaderLeases(ClusterService clusterService) {
        source = () -> PREFIX + clusterService.getClusterName().value();
        idPrefix = () -> source.get() + ":" + clusterService.state().metadata().clusterUUID() + ":";
    }

    /** The id of the lease for a follower shard: {@code replication:<cluster name>:<cluster uuid>:[index][shard]}. */
    public String id(ShardId follower) {
        return id(follower.getIndexName(), follower.id());
    }

    /** The same, without the follower index having to exist. */
    public String id(String followerIndex, int shard) {
        return idPrefix.get() + "[" + followerIndex + "][" + shard + "]";
    }

    /**
     * Adds the lease. One that is there already is renewed; with {@link #RETAIN_ALL} it is made anew, since an old one may
     * stand above what is asked for.
     *
     * @param retaining the first operation needed, or {@link #RETAIN_ALL}
     */
    public void add(Client leaderClient, ShardId leader, ShardId follower, long retaining, ActionListener<Void> listener) {
        tryAdd(leaderClient, leader, follower, retaining, ActionListener.wrap(listener::onResponse, e -> {
            if (ExceptionsHelper.unwrapCause(e) instanceof RetentionLeaseAlreadyExistsException == false) {
                listener.onFailure(e);
            } else if (retaining == RETAIN_ALL) {
                remove(
                    leaderClient,
                    leader,
                    follower,
                    ActionListener.wrap(v -> tryAdd(leaderClient, leader, follower, retaining, listener), listener::onFailure)
                );
            } else {
                renew(leaderClient, leader, follower, retaining, listener);
            }
        }));
    }

    /**
     * Moves the lease forward and starts its period anew. A lease that stands further ahead stays as it is.
     * Fails with {@link RetentionLeaseNotFoundException} when there is none any more: operations may be gone then.
     */
    public void renew(Client leaderClient, ShardId leader, ShardId follower, long retaining, ActionListener<Void> listener) {
        RetentionLeaseActions.RenewRequest request = new RetentionLeaseActions.RenewRequest(
            leader,
            id(follower),
            Math.max(RETAIN_ALL, retaining),
            source.get()
        );
        execute(leaderClient, RetentionLeaseActions.Renew.INSTANCE, request, ActionListener.wrap(listener::onResponse, e -> {
            if (ExceptionsHelper.unwrapCause(e) instanceof RetentionLeaseInvalidRetainingSeqNoException) {
                listener.onResponse(null);
            } else {
                listener.onFailure(e);
            }
        }));
    }

    /** Removes the lease; one that is not there is removed. */
    public void remove(Client leaderClient, ShardId leader, ShardId follower, ActionListener<Void> listener) {
        RetentionLeaseActions.RemoveRequest request = new RetentionLeaseActions.RemoveRequest(leader, id(follower));
        execute(leaderClient, RetentionLeaseActions.Remove.INSTANCE, request, ActionListener.wrap(listener::onResponse, e -> {
            if (ExceptionsHelper.unwrapCause(e) instanceof RetentionLeaseNotFoundException) {
                listener.onResponse(null);
            } else {
                listener.onFailure(e);
            }
        }));
    }

    /**
     * Answers the ids of all leases that stand on the leader index, ours and others'. Changes nothing there.
     *
     * @param leaderClient a client with the leader role of the replication
     */
    public void probe(Client leaderClient, String leaderIndex, ActionListener<Set<String>> listener) {
        describe(leaderClient, leaderIndex, ActionListener.map(listener, shards -> {
            Set<String> ids = new HashSet<>();
            shards.values().forEach(info -> ids.addAll(info.leases()));
            return ids;
        }));
    }

    /** Answers what each primary shard of a leader index says of itself, by shard number. Changes nothing there. */
    public static void describe(Client leaderClient, String leaderIndex, ActionListener<Map<Integer, LeaderShardInfo>> listener) {
        describe(leaderClient, leaderIndex, 0, ActionListener.wrap(first -> {
            int shards = possible(first.getValue().shards());
            GroupedActionListener<Map.Entry<Integer, LeaderShardInfo>> all = new GroupedActionListener<>(
                ActionListener.map(listener, LeaderLeases::byShard),
                shards
            );
            all.onResponse(first);
            for (int shard = 1; shard < shards; shard++) {
                describe(leaderClient, leaderIndex, shard, all);
            }
        }, listener::onFailure));
    }

    /** No more than an index of this cluster may have: the answer comes from outside, and memory is taken by it. */
    private static int possible(int shards) {
        return IndexMetadata.INDEX_NUMBER_OF_SHARDS_SETTING.get(
            Settings.builder().put(IndexMetadata.SETTING_NUMBER_OF_SHARDS, shards).build()
        );
    }

    private static void describe(Client client, String index, int shard, ActionListener<Map.Entry<Integer, LeaderShardInfo>> listener) {
        client.execute(
            LeaderFilesAction.INSTANCE,
            LeaderFilesRequest.probe(index, shard),
            ActionListener.map(listener, answer -> Map.entry(shard, answer.info()))
        );
    }

    private static Map<Integer, LeaderShardInfo> byShard(Collection<Map.Entry<Integer, LeaderShardInfo>> entries) {
        Map<Integer, LeaderShardInfo> infos = new HashMap<>();
        entries.forEach(entry -> infos.put(entry.getKey(), entry.getValue()));
        return infos;
    }

    private void tryAdd(Client leaderClient, ShardId leader, ShardId follower, long retaining, ActionListener<Void> listener) {
        execute(
            leaderClient,
            RetentionLeaseActions.Add.INSTANCE,
            new RetentionLeaseActions.AddRequest(leader, id(follower), Math.max(RETAIN_ALL, retaining), source.get()),
            listener
        );
    }

    private static void execute(
        Client client,
        ActionType<RetentionLeaseActions.Response> action,
        ActionRequest request,
        ActionListener<Void> listener
    ) {
        try {
            client.execute(action, request, ActionListener.map(listener, answer -> null));
        } catch (Exception e) {
            listener.onFailure(e);
        }
    }
}
