package org.opensearch.ccr.leader;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.concurrency.OpenSearchRejectedExecutionException;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.index.shard.IndexEventListener;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.shard.IndexShardClosedException;
import org.opensearch.index.shard.IndexShardState;
import org.opensearch.index.store.Store;
import org.opensearch.threadpool.ThreadPool;

import java.io.IOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * The commits that this node holds for followers, by the name the follower gave. Their number is bounded; one that nobody has
 * used for {@link CcrSettings#RECOVERY_IDLE_TIMEOUT} is let go, and so are those of a shard that closes.
 */
public final class FileSessions implements IndexEventListener {

    private static final Logger logger = LogManager.getLogger(FileSessions.class);
    /** Bootstraps served by one node at a time; the followers of the others come again. */
    private static final int SESSIONS_MAX = 32;

    private record Key(String session, ShardId shard) {}

    private final Map<Key, FileSession> sessions = new HashMap<>();
    private volatile TimeValue idleTimeout;

    public FileSessions(ClusterService clusterService, ThreadPool threadPool) {
        idleTimeout = CcrSettings.RECOVERY_IDLE_TIMEOUT.get(clusterService.getSettings());
        clusterService.getClusterSettings().addSettingsUpdateConsumer(CcrSettings.RECOVERY_IDLE_TIMEOUT, value -> idleTimeout = value);
        threadPool.scheduleWithFixedDelay(this::closeIdle, TimeValue.timeValueSeconds(5), ThreadPool.Names.GENERIC);
    }

    /** Holds a commit under this name, or goes on holding it, and answers its files. 429 when there are too many. */
    Store.MetadataSnapshot open(String name, IndexShard shard) throws IOException {
        Key key = new Key(name, shard.shardId());
        synchronized (sessions) {
            FileSession known = sessions.get(key);
            if (known != null && known.shard() == shard) {
                known.touch();
                return known.files();
            }
            if (sessions.size() >= SESSIONS_MAX) {
                throw new OpenSearchRejectedExecutionException("[" + SESSIONS_MAX + "] bootstraps are being served by this node");
            }
        }
        FileSession session = FileSession.open(shard); // reads files: not under the lock
        synchronized (sessions) {
            close(key);
            sessions.put(key, session);
        }
        if (shard.state() == IndexShardState.CLOSED) {
            release(name, shard.shardId()); // it may have been closed before the session stood in the map
            throw new IndexShardClosedException(shard.shardId());
        }
        return session.files();
    }

    /**
     * The session, which the caller gives back with {@link FileSession#decRef}.
     * Fails with an error of class TRANSIENT and status NOT_FOUND when there is none: the follower opens another one.
     */
    FileSession acquire(String name, ShardId shard) {
        synchronized (sessions) {
            FileSession session = sessions.get(new Key(name, shard));
            if (session != null && session.tryIncRef()) {
                return session;
            }
        }
        throw ReplicationException.of(
            CoreProto.ErrorClass.ERROR_TRANSIENT,
            RestStatus.NOT_FOUND,
            "no bootstrap session [" + name + "] of " + shard + " on this node",
            null
        );
    }

    void release(String name, ShardId shard) {
        synchronized (sessions) {
            close(new Key(name, shard));
        }
    }

    /** Bootstraps that are being served. */
    public int open() {
        synchronized (sessions) {
            return sessions.size();
        }
    }

    @Override
    public void beforeIndexShardClosed(ShardId shardId, IndexShard shard, Settings indexSettings) {
        closeAll(shardId, shard);
    }

    /** Until now the shard was not closed, so that one more session may have come to stand here; it would keep the shard's lock. */
    @Override
    public void afterIndexShardClosed(ShardId shardId, IndexShard shard, Settings indexSettings) {
        closeAll(shardId, shard);
    }

    private void closeAll(ShardId shardId, IndexShard shard) {
        synchronized (sessions) {
            sessions.entrySet().stream()
                .filter(open -> open.getKey().shard().equals(shardId) && open.getValue().shard() == shard)
                .map(Map.Entry::getKey)
                .toList()
                .forEach(this::close);
        }
    }

    private void closeIdle() {
        synchronized (sessions) {
            for (Iterator<Map.Entry<Key, FileSession>> at = sessions.entrySet().iterator(); at.hasNext();) {
                Map.Entry<Key, FileSession> entry = at.next();
                if (entry.getValue().idleNanos() > idleTimeout.nanos()) {
                    logger.info("{} letting go of the commit of an abandoned bootstrap", entry.getKey().shard());
                    at.remove();
                    entry.getValue().decRef();
                }
            }
        }
    }

    private void close(Key key) {
        FileSession session = sessions.remove(key);
        if (session != null) {
            session.decRef();
        }
    }
}
