package org.opensearch.ccr.metadata;

import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.action.DocWriteResponse;
import org.opensearch.action.admin.indices.create.CreateIndexRequest;
import org.opensearch.action.admin.indices.create.CreateIndexResponse;
import org.opensearch.action.delete.DeleteRequest;
import org.opensearch.action.delete.DeleteResponse;
import org.opensearch.action.get.GetRequest;
import org.opensearch.action.get.GetResponse;
import org.opensearch.action.get.MultiGetItemResponse;
import org.opensearch.action.get.MultiGetRequest;
import org.opensearch.action.get.MultiGetResponse;
import org.opensearch.action.index.IndexRequest;
import org.opensearch.action.index.IndexResponse;
import org.opensearch.action.support.RetryableAction;
import org.opensearch.action.support.TransportActions;
import org.opensearch.action.support.WriteRequest;
import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.ccr.security.RoleClients;
import org.opensearch.cluster.block.ClusterBlockException;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.CheckedConsumer;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.common.xcontent.XContentType;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.discovery.ClusterManagerNotDiscoveredException;
import org.opensearch.index.IndexNotFoundException;
import org.opensearch.index.engine.VersionConflictEngineException;
import org.opensearch.index.seqno.SequenceNumbers;
import org.opensearch.threadpool.ThreadPool;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The documents of {@code .replication-metadata-store}: what is replicated, from where, in whose name, and why it stands as it
 * stands. Every call waits, within {@link #PATIENCE}, for the index to become available.
 */
public final class ReplicationStore {

    public static final String INDEX = ".replication-metadata-store";
    private static final Logger logger = LogManager.getLogger(ReplicationStore.class);
    private static final TimeValue PATIENCE = TimeValue.timeValueSeconds(30);
    private static final TimeValue FIRST_DELAY = TimeValue.timeValueMillis(100);

    private final RoleClients clients;
    private final ClusterService clusterService;
    private final ThreadPool threadPool;

    public ReplicationStore(RoleClients clients, ClusterService clusterService, ThreadPool threadPool) {
        this.clients = clients;
        this.clusterService = clusterService;
        this.threadPool = threadPool;
    }

    /** Answers the record of a follower index, or nothing. Fails with {@link DamagedRecordException} when it cannot be read. */
    public void get(String follower, ActionListener<Optional<FollowRecord>> listener) {
        if (clusterService.state().metadata().hasIndex(INDEX) == false) {
            listener.onResponse(Optional.empty());
            return;
        }
        this.<GetResponse>patiently("read", attempt -> clients.plugin().get(new GetRequest(INDEX, follower), attempt), wrap(found -> {
            if (found.isExists() == false) {
                listener.onResponse(Optional.empty());
                return;
            }
            listener.onResponse(
                Optional.of(RecordFormat.read(follower, found.getSourceAsMap(), found.getSeqNo(), found.getPrimaryTerm()))
            );
        }, e -> {
            if (e instanceof IndexNotFoundException) {
                listener.onResponse(Optional.empty());
            } else {
                listener.onFailure(e);
            }
        }));
    }

    /** Answers the records of those that have one. One that cannot be read is answered as failed, and says so. */
    public void getAll(Collection<String> followers, ActionListener<Map<String, FollowRecord>> listener) {
        if (followers.isEmpty() || clusterService.state().metadata().hasIndex(INDEX) == false) {
            listener.onResponse(Map.of());
            return;
        }
        MultiGetRequest request = new MultiGetRequest();
        followers.forEach(follower -> request.add(INDEX, follower));
        this.<MultiGetResponse>patiently("read", attempt -> clients.plugin().multiGet(request, new ActionListener<>() {
            @Override
            public void onResponse(MultiGetResponse answers) {
                for (MultiGetItemResponse answer : answers) { // all of them are of one shard, so it answers all or none
                    if (answer.isFailed()) {
                        attempt.onFailure(answer.getFailure().getFailure());
                        return;
                    }
                }
                attempt.onResponse(answers);
            }

            @Override
            public void onFailure(Exception e) {
                attempt.onFailure(e);
            }
        }), wrap(answers -> {
            Map<String, FollowRecord> records = new TreeMap<>();
            for (MultiGetItemResponse answer : answers) {
                GetResponse found = answer.getResponse();
                if (found.isExists()) {
                    records.put(answer.getId(), readable(answer.getId(), found));
                }
            }
            listener.onResponse(records);
        }, e -> {
            if (e instanceof IndexNotFoundException) {
                listener.onResponse(Map.of());
            } else {
                listener.onFailure(e);
            }
        }));
    }

    private FollowRecord readable(String follower, GetResponse found) {
        try {
            return RecordFormat.read(follower, found.getSourceAsMap(), found.getSeqNo(), found.getPrimaryTerm());
        } catch (DamagedRecordException e) {
            ReplicationStates.Entry entry = ReplicationStates.of(clusterService.state()).get(follower);
            String alias = entry == null ? "" : entry.alias();
            return FollowRecord.running(follower, alias, "", FollowRoles.NONE, Settings.EMPTY).with(OverallState.FAILED, e.getMessage());
        }
    }

    /**
     * Writes a record, conditionally when it was read from here. Answers the record with its new version.
     * Fails with {@link VersionConflictEngineException} when somebody else changed it meanwhile.
     */
    public void put(FollowRecord record, ActionListener<FollowRecord> listener) {
        ensureIndex(wrap(ready -> {
            IndexRequest request = new IndexRequest(INDEX).id(record.follower())
                .source(BytesReference.bytes(RecordFormat.write(record)), XContentType.JSON)
                .setRefreshPolicy(WriteRequest.RefreshPolicy.IMMEDIATE);
            if (record.seqNo() != SequenceNumbers.UNASSIGNED_SEQ_NO) {
                request.setIfSeqNo(record.seqNo()).setIfPrimaryTerm(record.primaryTerm());
            }
            this.<IndexResponse>patiently(
                "write",
                attempt -> clients.plugin().index(request, attempt),
                wrap(
                    written -> listener.onResponse(record.at(written.getSeqNo(), written.getPrimaryTerm())),
                    listener::onFailure
                )
            );
        }, listener::onFailure));
    }

    /**
     * Reads, changes and writes a record; begins anew when somebody else wrote in between. The change answers null to leave the
     * record as it is. Answers the record that is now stored, or nothing when there is none.
     */
    public void update(String follower, UnaryOperator<FollowRecord> change, ActionListener<Optional<FollowRecord>> listener) {
        get(follower, wrap(found -> {
            FollowRecord changed = found.isEmpty() ? null : change.apply(found.get());
            if (changed == null) {
                listener.onResponse(found);
                return;
            }
            put(changed, wrap(stored -> listener.onResponse(Optional.of(stored)), e -> {
                if (e instanceof VersionConflictEngineException) {
                    update(follower, change, listener);
                } else {
                    listener.onFailure(e);
                }
            }));
        }, listener::onFailure));
    }

    /** Removes a record. Answers whether there was one. */
    public void delete(String follower, ActionListener<Boolean> listener) {
        if (clusterService.state().metadata().hasIndex(INDEX) == false) {
            listener.onResponse(false);
            return;
        }
        DeleteRequest request = new DeleteRequest(INDEX, follower).setRefreshPolicy(WriteRequest.RefreshPolicy.IMMEDIATE);
        this.<DeleteResponse>patiently("delete", attempt -> clients.plugin().delete(request, attempt), wrap(
            answer -> listener.onResponse(answer.getResult() == DocWriteResponse.Result.DELETED),
            e -> {
                if (e instanceof IndexNotFoundException) {
                    listener.onResponse(false);
                } else {
                    listener.onFailure(e);
                }
            }
        ));
    }

    private void ensureIndex(ActionListener<Void> listener) {
        if (clusterService.state().metadata().hasIndex(INDEX)) {
            listener.onResponse(null);
            return;
        }
        Settings settings = Settings.builder()
            .put(IndexMetadata.SETTING_NUMBER_OF_SHARDS, 1)
            .put(IndexMetadata.SETTING_AUTO_EXPAND_REPLICAS, "0-1")
            .put(IndexMetadata.SETTING_PRIORITY, Integer.MAX_VALUE)
            .put(IndexMetadata.SETTING_INDEX_HIDDEN, true)
            .build();
        CreateIndexRequest request = new CreateIndexRequest(INDEX, settings).mapping(RecordFormat.MAPPING);
        this.<CreateIndexResponse>patiently("create", attempt -> clients.plugin().admin().indices().create(request, attempt), wrap(
            created -> listener.onResponse(null),
            e -> {
                if (e instanceof ResourceAlreadyExistsException) {
                    listener.onResponse(null);
                } else {
                    listener.onFailure(e);
                }
            }
        ));
    }

    /** Like {@link ActionListener#wrap}, with the cause that a remote node sent in place of its envelope. */
    private static <T> ActionListener<T> wrap(CheckedConsumer<T, Exception> onResponse, Consumer<Exception> onFailure) {
        return ActionListener.wrap(onResponse, e -> onFailure.accept(Unwrap.cause(e)));
    }

    private <T> void patiently(String what, Consumer<ActionListener<T>> attempt, ActionListener<T> listener) {
        new RetryableAction<T>(logger, threadPool, FIRST_DELAY, PATIENCE, listener) {
            @Override
            public void tryAction(ActionListener<T> tried) {
                attempt.accept(tried);
            }

            @Override
            public boolean shouldRetry(Exception e) {
                Exception cause = Unwrap.cause(e);
                boolean wait = TransportActions.isShardNotAvailableException(cause)
                    && cause instanceof IndexNotFoundException == false
                    || cause instanceof ClusterManagerNotDiscoveredException
                    || cause instanceof ClusterBlockException blocked && blocked.retryable();
                if (wait) {
                    logger.debug("cannot {} replication metadata yet: {}", what, e.getMessage());
                }
                return wait;
            }
        }.run();
    }
}
