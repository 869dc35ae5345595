package org.opensearch.ccr.bootstrap;

import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.core.action.ActionListener;

/** Where a node that restores a shard learns with which roles the replication of its index runs. */
@FunctionalInterface
public interface RolesOfFollower {

    /** Fails when nothing is known of the index: without a record nobody may read from the leader in its name. */
    void of(String followerIndex, ActionListener<FollowRoles> listener);
}
