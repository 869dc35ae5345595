package org.opensearch.ccr.index;

import org.opensearch.ccr.metadata.ShardMark;
import org.opensearch.core.action.ActionListener;

import java.util.List;

/** Asks the shards of a follower index what is to be remembered of them when its replication ceases to run. */
@FunctionalInterface
public interface ShardMarks {

    /** Never fails: answers nothing for shards that do not answer soon. */
    void of(String follower, ActionListener<List<ShardMark>> listener);
}
