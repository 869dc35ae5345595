package org.opensearch.ccr.metadata;

import org.opensearch.cluster.metadata.IndexAbstraction;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.cluster.metadata.Metadata;

/** Which aliases of a leader a follower takes. */
public final class AliasFit {

    private AliasFit() {}

    /**
     * Why the follower is not to have an alias of this name, null when it may: the name is something else here, or it is the alias
     * of one ordinary index, which could not be written through it any more as soon as a second index has it.
     */
    public static String whyNot(Metadata here, String alias, String follower) {
        IndexAbstraction there = here.getIndicesLookup().get(alias);
        if (there == null) {
            return null;
        }
        if (there.getType() != IndexAbstraction.Type.ALIAS) {
            return (there.getType() == IndexAbstraction.Type.DATA_STREAM ? "a data stream" : "an index") + " here has this name";
        }
        IndexMetadata writes = there.getWriteIndex();
        boolean needed = writes != null
            && writes.getIndex().getName().equals(follower) == false
            && FollowerBlock.isFollower(writes) == false
            && Boolean.TRUE.equals(writes.getAliases().get(alias).writeIndex()) == false;
        return needed ? "an index here is written through an alias of this name, and does not say is_write_index" : null;
    }
}
