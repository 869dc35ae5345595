package org.opensearch.ccr.bootstrap;

import org.opensearch.ccr.security.FollowRoles;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.index.Index;

/**
 * What to copy where.
 *
 * @param alias         remote-cluster connection
 * @param leaderIndex   name and UUID of the leader index
 * @param followerIndex name of the index to make
 * @param overlay       settings of the user over the leader's
 * @param roles         the roles the replication runs with
 * @param id            of the copy that comes of it, known to nobody before
 * @param inPlace       whether an index that exists is to become the copy, with those of its files that are the leader's
 */
public record BootstrapRequest(
    String alias,
    Index leaderIndex,
    String followerIndex,
    Settings overlay,
    FollowRoles roles,
    String id,
    boolean inPlace
) {}
