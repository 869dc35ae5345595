package org.opensearch.ccr.bootstrap;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.ccr.leader.LeaderFilesAction;
import org.opensearch.ccr.leader.LeaderFilesRequest;
import org.opensearch.ccr.leader.LeaderLeases;
import org.opensearch.common.UUIDs;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.index.store.Store;
import org.opensearch.transport.client.Client;

import java.util.concurrent.atomic.LongAdder;

/** The calls of one shard's bootstrap to its leader shard. Answers come on transport threads. */
final class LeaderShardFiles {

    private static final Logger LOGGER = LogManager.getLogger(LeaderShardFiles.class);

    private final Client client;
    private final LeaderLeases leases;
    private final ShardId leader;
    private final ShardId follower;
    private final LongAdder wireBytes;
    private final String session = UUIDs.randomBase64UUID();

    /** @param wireBytes counts chunks as they were sent */
    LeaderShardFiles(Client client, LeaderLeases leases, ShardId leader, ShardId follower, LongAdder wireBytes) {
        this.client = client;
        this.leases = leases;
        this.leader = leader;
        this.follower = follower;
        this.wireBytes = wireBytes;
    }

    ShardId follower() {
        return follower;
    }

    /** The session's name; also good for names of temporary files. */
    String session() {
        return session;
    }

    /** Makes the leader keep every operation it has. */
    void retain(ActionListener<Void> listener) {
        leases.add(client, leader, follower, LeaderLeases.RETAIN_ALL, listener);
    }

    /** Keeps the lease alive where it stands, or moves it. */
    void renew(long retaining, ActionListener<Void> listener) {
        leases.renew(client, leader, follower, retaining, listener);
    }

    void open(ActionListener<Store.MetadataSnapshot> listener) {
        LeaderFilesRequest request = LeaderFilesRequest.open(leader, session);
        client.execute(LeaderFilesAction.INSTANCE, request, ActionListener.map(listener, answer -> answer.files()));
    }

    /** A packed range. */
    void chunk(LeaderFilesRequest.Range range, ActionListener<BytesReference> listener) {
        LeaderFilesRequest request = LeaderFilesRequest.chunk(leader, session, range);
        client.execute(LeaderFilesAction.INSTANCE, request, ActionListener.map(listener, answer -> {
            wireBytes.add(answer.frame().length());
            return answer.frame();
        }));
    }

    /** Nobody waits: a session that is not released ends by itself. */
    void release() {
        try {
            LeaderFilesRequest request = LeaderFilesRequest.release(leader, session);
            client.execute(LeaderFilesAction.INSTANCE, request, ActionListener.wrap(
                released -> {},
                e -> LOGGER.debug("files of " + leader + " are released by the leader itself", e)
            ));
        } catch (RuntimeException e) {
            // the connection's settings are gone, and with them whoever could be told
            return;
        }
    }
}
