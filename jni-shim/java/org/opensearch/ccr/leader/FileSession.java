package org.opensearch.ccr.leader;

import org.apache.lucene.index.IndexCommit;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.opensearch.common.concurrent.GatedCloseable;
import org.opensearch.common.util.concurrent.AbstractRefCounted;
import org.opensearch.common.util.io.IOUtils;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.store.Store;
import org.opensearch.index.store.StoreFileMetadata;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * A safe commit that is held while a follower copies its files. The operations after it are held by the follower's retention
 * lease, which stands before the commit is taken; so nothing else has to be locked here.
 */
final class FileSession extends AbstractRefCounted {

    private final IndexShard shard;
    private final GatedCloseable<IndexCommit> commit;
    private final Store.MetadataSnapshot files;
    private volatile long lastUsedNanos = System.nanoTime();

    private FileSession(IndexShard shard, GatedCloseable<IndexCommit> commit, Store.MetadataSnapshot files) {
        super("replication bootstrap session");
        this.shard = shard;
        this.commit = commit;
        this.files = files;
    }

    static FileSession open(IndexShard shard) throws IOException {
        Store store = shard.store();
        store.incRef();
        GatedCloseable<IndexCommit> commit = null;
        boolean done = false;
        try {
            commit = shard.acquireSafeIndexCommit();
            FileSession session = new FileSession(shard, commit, store.getMetadata(commit.get()));
            done = true;
            return session;
        } finally {
            if (done == false) {
                IOUtils.closeWhileHandlingException(commit);
                store.decRef();
            }
        }
    }

    IndexShard shard() {
        return shard;
    }

    Store.MetadataSnapshot files() {
        return files;
    }

    /** Keeps the session from being taken for an abandoned one. */
    void touch() {
        lastUsedNanos = System.nanoTime();
    }

    long idleNanos() {
        return System.nanoTime() - lastUsedNanos;
    }

    /**
     * Reads a range, or the part of it that lies in the file. The file is opened, read and closed by this thread.
     *
     * @throws IllegalArgumentException when the commit has no such file or the range begins past its end
     */
    BytesReference read(String name, long offset, int length) throws IOException {
        touch();
        StoreFileMetadata file = files.get(name);
        if (file == null) {
            throw new IllegalArgumentException("the commit of " + shard.shardId() + " has no file [" + name + "]");
        }
        if (offset < 0 || offset >= file.length()) {
            throw new IllegalArgumentException("offset [" + offset + "] is not in [" + name + "] of [" + file.length() + "] bytes");
        }
        byte[] bytes = new byte[(int) Math.min(length, file.length() - offset)];
        try (IndexInput in = shard.store().directory().openInput(name, IOContext.READONCE)) {
            in.seek(offset);
            in.readBytes(bytes, 0, bytes.length);
        }
        return new BytesArray(bytes);
    }

    @Override
    protected void closeInternal() {
        try {
            commit.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            shard.store().decRef();
        }
    }
}
