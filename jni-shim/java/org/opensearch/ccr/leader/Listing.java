package org.opensearch.ccr.leader;

import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.routing.IndexRoutingTable;
import org.opensearch.common.hash.MurmurHash3;
import org.opensearch.common.regex.Regex;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.index.IndexSettings;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The leader's indices that match some patterns, as a leader node answers them.
 *
 * @param listed  false when the answer only says that it is time to list again
 * @param reduced whether the Security plugin has kept indices back that match
 * @param token   stands for this very set of indices with their flags; another set has another one
 * @param indices in no order
 */
public record Listing(boolean listed, boolean reduced, long token, List<Index> indices) implements Writeable {

    /** Nothing but: list again. */
    static final Listing AGAIN = new Listing(false, false, 0, List.of());

    private static final byte OPEN = 1;
    private static final byte HIDDEN = 2;
    private static final byte SYSTEM = 4;
    private static final byte FOLLOWER = 8;
    private static final byte SOFT_DELETES = 16;
    private static final byte ACTIVE = 32;

    /** One leader index. */
    public record Index(String name, String uuid, byte flags) implements Writeable {
        public Index(StreamInput in) throws IOException {
            this(in.readString(), in.readString(), in.readByte());
        }

        @Override
        public void writeTo(StreamOutput out) throws IOException {
            out.writeString(name);
            out.writeString(uuid);
            out.writeByte(flags);
        }

        public boolean open() {
            return (flags & OPEN) != 0;
        }

        public boolean hidden() {
            return (flags & HIDDEN) != 0;
        }

        public boolean system() {
            return (flags & SYSTEM) != 0;
        }

        /** Itself a follower of another cluster's index. */
        public boolean follower() {
            return (flags & FOLLOWER) != 0;
        }

        public boolean softDeletes() {
            return (flags & SOFT_DELETES) != 0;
        }

        /** Whether all its primaries are there. */
        public boolean active() {
            return (flags & ACTIVE) != 0;
        }

        private long hash() {
            byte[] bytes = (name + " " + uuid + " " + flags).getBytes(StandardCharsets.UTF_8);
            MurmurHash3.Hash128 hash = MurmurHash3.hash128(bytes, 0, bytes.length, 0, new MurmurHash3.Hash128());
            return hash.h1 ^ hash.h2;
        }
    }

    public Listing(StreamInput in) throws IOException {
        this(in.readBoolean(), in.readBoolean(), in.readLong(), in.readList(Index::new));
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeBoolean(listed);
        out.writeBoolean(reduced);
        out.writeLong(token);
        out.writeList(indices);
    }

    /** @param allowed names and wildcards that may be told, with a leading minus those that may not; null for all */
    static Listing of(ClusterState state, List<String> patterns, Set<String> allowed) {
        List<Index> told = new ArrayList<>();
        long token = 1; // 0 is what asks for a list
        boolean reduced = false;
        for (IndexMetadata metadata : state.metadata()) {
            String name = metadata.getIndex().getName();
            if (Regex.simpleMatch(patterns, name)) {
                Index index = new Index(name, metadata.getIndexUUID(), flags(metadata, state.routingTable().index(name)));
                // A sum: it does not depend on an order, and each index counts.
                token += index.hash();
                if (allowed == null || tellable(allowed, name)) {
                    told.add(index);
                } else {
                    reduced = true;
                }
            }
        }
        return new Listing(true, reduced, token, told);
    }

    private static boolean tellable(Set<String> allowed, String name) {
        boolean told = allowed.contains(name);
        for (String entry : allowed) {
            if (entry.startsWith("-") && Regex.simpleMatch(entry.substring(1), name)) {
                return false;
            }
            told |= Regex.isSimpleMatchPattern(entry) && Regex.simpleMatch(entry, name);
        }
        return told;
    }

    private static byte flags(IndexMetadata metadata, IndexRoutingTable routing) {
        int flags = metadata.getState() == IndexMetadata.State.OPEN ? OPEN : 0;
        flags |= IndexMetadata.INDEX_HIDDEN_SETTING.get(metadata.getSettings()) ? HIDDEN : 0;
        flags |= metadata.isSystem() ? SYSTEM : 0;
        flags |= CcrSettings.isFollower(metadata.getSettings()) ? FOLLOWER : 0;
        flags |= IndexSettings.INDEX_SOFT_DELETES_SETTING.get(metadata.getSettings()) ? SOFT_DELETES : 0;
        flags |= routing != null && routing.allPrimaryShardsActive() ? ACTIVE : 0;
        return (byte) flags;
    }
}
