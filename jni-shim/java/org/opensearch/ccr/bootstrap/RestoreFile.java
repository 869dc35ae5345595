package org.opensearch.ccr.bootstrap;

import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.BytesRefIterator;
import org.opensearch.common.util.io.IOUtils;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.index.store.Store;
import org.opensearch.index.store.StoreFileMetadata;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Set;
import java.util.TreeMap;

/**
 * One file on its way here. Chunks come in any order and are written in theirs, to a temporary file whose checksum is
 * verified before it takes its name; so a file that has its name is whole, and one whose check failed never gets it.
 */
final class RestoreFile {

    static final String TEMP_PREFIX = "replication_bootstrap.";

    private final Store store;
    private final StoreFileMetadata metadata;
    private final String tempName;

    /** Where the next range to be asked for begins; guarded by the restore. */
    long asked;

    // guarded by this
    private final TreeMap<Long, BytesReference> waiting = new TreeMap<>();
    private IndexOutput out;
    private long written;
    private boolean closed;
    private boolean whole;

    RestoreFile(Store store, StoreFileMetadata metadata, String session) {
        this.store = store;
        this.metadata = metadata;
        this.tempName = TEMP_PREFIX + session + "." + metadata.name();
    }

    StoreFileMetadata metadata() {
        return metadata;
    }

    String name() {
        return metadata.name();
    }

    /**
     * Takes a chunk; writes it and what waited for it when it is their turn.
     *
     * @return the number of chunks that were written and need no more memory
     * @throws org.apache.lucene.index.CorruptIndexException when the whole file has another checksum than the leader said
     */
    synchronized int put(long offset, BytesReference bytes) throws IOException {
        if (closed) {
            return 1;
        }
        waiting.put(offset, bytes);
        if (out == null) {
            out = store.createVerifyingOutput(tempName, metadata, IOContext.DEFAULT);
        }
        int done = 0;
        for (BytesReference next = waiting.remove(written); next != null; next = waiting.remove(written)) {
            BytesRefIterator pages = next.iterator();
            for (BytesRef page = pages.next(); page != null; page = pages.next()) {
                out.writeBytes(page.bytes, page.offset, page.length);
            }
            written += next.length();
            done++;
        }
        if (written >= metadata.length()) {
            finish();
        }
        return done;
    }

    synchronized long written() {
        return written;
    }

    /** Chunks in memory whose turn has not come. */
    synchronized int waiting() {
        return waiting.size();
    }

    synchronized boolean complete() {
        return whole;
    }

    /** Gives the file its name, over whatever had it. */
    void publish() throws IOException {
        try {
            store.directory().deleteFile(metadata.name());
        } catch (NoSuchFileException | FileNotFoundException e) {
            // mostly there is none
        }
        store.directory().rename(tempName, metadata.name());
    }

    /** Drops what has been written so far. Not for a complete file. */
    synchronized void discard() {
        if (complete()) {
            return;
        }
        closed = true;
        waiting.clear();
        IOUtils.closeWhileHandlingException(out);
        store.deleteQuiet(tempName);
    }

    private void finish() throws IOException {
        try {
            Store.verify(out);
        } finally {
            closed = true;
            out.close();
        }
        store.directory().sync(Set.of(tempName));
        whole = true;
    }
}
