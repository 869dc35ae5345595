package org.opensearch.ccr.bootstrap;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.index.IndexFileNames;
import org.opensearch.OpenSearchException;
import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.proto.CoreProto;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.index.store.Store;
import org.opensearch.index.store.StoreFileMetadata;
import org.opensearch.indices.replication.common.ReplicationLuceneIndex;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The files of a leader's commit and where each of them stands: here already, on its way, or complete. The leader's commit may
 * be another one after a broken session; what is the same in both is kept.
 */
final class RestorePlan {

    private static final Logger logger = LogManager.getLogger(RestorePlan.class);
    private static final int FILES_MAX = 100_000;
    private static final int FILE_NAME_MAX = 200; // with the prefix of a temporary file it must fit into 255 bytes
    private static final Pattern FILE_NAME = Pattern.compile("segments_[0-9a-z]+|_[0-9a-z]+[^/\\\\\\p{Cntrl}]*\\.[^/\\\\\\p{Cntrl}]+");

    private final Store store;
    private final String session;
    private final ReplicationLuceneIndex progress;
    private Store.MetadataSnapshot source = Store.MetadataSnapshot.EMPTY;
    private final Map<String, RestoreFile> files = new HashMap<>();
    private List<RestoreFile> missing = List.of();

    RestorePlan(Store store, String session, ReplicationLuceneIndex progress) {
        this.store = store;
        this.session = session;
        this.progress = progress;
    }

    /** The leader's commit; empty before {@link #take}. */
    Store.MetadataSnapshot source() {
        return source;
    }

    /** Files that still need chunks, the largest first. */
    List<RestoreFile> missing() {
        return missing;
    }

    /**
     * Makes this commit the one to be copied. Files with the same checksum that lie here, from an earlier attempt or another
     * commit, are kept. Slow: reads those files.
     */
    void take(Store.MetadataSnapshot commit) throws IOException {
        checkNames(commit);
        if (commit.getSegmentsFile() == null) {
            throw new IllegalArgumentException("the leader's commit has no segments file");
        }
        if (source.size() == 0) {
            cleanLeftovers();
        }
        files.values().removeIf(file -> {
            StoreFileMetadata now = commit.get(file.name());
            if (now != null && now.isSame(file.metadata())) {
                return false;
            }
            file.discard();
            return true;
        });
        List<RestoreFile> wanted = new ArrayList<>();
        Set<String> here = new HashSet<>();
        Set<String> present = new HashSet<>(Arrays.asList(store.directory().listAll()));
        for (StoreFileMetadata file : commit) {
            RestoreFile known = files.get(file.name());
            if (known == null && present.contains(file.name()) && isWhole(file)) {
                here.add(file.name());
            } else if (known == null) {
                known = new RestoreFile(store, file, session);
                files.put(file.name(), known);
            }
            if (known != null && known.complete() == false) {
                wanted.add(known);
            }
        }
        wanted.sort(Comparator.comparingLong((RestoreFile file) -> file.metadata().length()).reversed());
        missing = wanted;
        source = commit;
        report(here);
    }

    /** What the leader calls its files becomes names of files here: nothing but what Lucene itself would choose is taken. */
    private static void checkNames(Store.MetadataSnapshot commit) {
        if (commit.size() > FILES_MAX) {
            throw refused("has [" + commit.size() + "] files, at most [" + FILES_MAX + "] are copied");
        }
        for (StoreFileMetadata file : commit) {
            if (FILE_NAME.matcher(file.name()).matches() == false || file.name().length() > FILE_NAME_MAX) {
                throw refused("names a file [" + file.name() + "] that is no file of an index");
            }
            if (file.length() < 0) {
                throw refused("says that file [" + file.name() + "] has [" + file.length() + "] bytes");
            }
        }
    }

    private static OpenSearchException refused(String text) {
        return ReplicationException.of(CoreProto.ErrorClass.ERROR_FATAL, RestStatus.BAD_REQUEST, "the leader's commit " + text, null);
    }

    /** Puts the complete files in place, the one that makes them a commit last, and checks the whole against the leader's list. */
    void finish() throws IOException {
        RestoreFile segments = null;
        for (RestoreFile file : files.values()) {
            if (file.name().startsWith(IndexFileNames.SEGMENTS)) {
                segments = file;
            } else {
                file.publish();
            }
        }
        store.directory().syncMetaData();
        if (segments != null) {
            segments.publish();
        }
        store.cleanupAndVerify("replication bootstrap", source);
    }

    /** Gives complete files their names, so that the next attempt finds them, and drops the others. */
    void abandon() {
        for (RestoreFile file : files.values()) {
            if (file.complete() == false || file.name().startsWith(IndexFileNames.SEGMENTS)) {
                file.discard();
                continue;
            }
            try {
                file.publish();
            } catch (IOException | RuntimeException e) {
                logger.debug("cannot keep [{}] for the next attempt: {}", file.name(), e);
            }
        }
    }

    private void cleanLeftovers() throws IOException {
        for (String name : store.directory().listAll()) {
            // an old commit would be opened in place of the one that is being copied
            if (name.startsWith(RestoreFile.TEMP_PREFIX) || name.startsWith(IndexFileNames.SEGMENTS)) {
                store.deleteQuiet(name);
            }
        }
    }

    private boolean isWhole(StoreFileMetadata file) {
        return file.name().startsWith(IndexFileNames.SEGMENTS) == false && store.checkIntegrityNoException(file);
    }

    private void report(Set<String> here) {
        if (progress.fileDetails().isEmpty() == false) {
            progress.reset();
            progress.start();
        }
        for (StoreFileMetadata file : source) {
            progress.addFileDetail(file.name(), file.length(), here.contains(file.name()));
            RestoreFile coming = files.get(file.name());
            if (coming != null && coming.written() > 0) {
                progress.addRecoveredBytesToFile(file.name(), coming.written());
            }
        }
        progress.setFileDetailsComplete();
    }
}
