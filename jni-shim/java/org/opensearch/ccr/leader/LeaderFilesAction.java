package org.opensearch.ccr.leader;

import org.opensearch.action.ActionType;

/**
 * Everything a follower asks of a leader's primary shard beside operations: what it is, the list of its files, their content.
 * One action, so that the one permission on its name, which the stock roles of the Security plugin grant, decides over all.
 */
public final class LeaderFilesAction extends ActionType<LeaderFilesResponse> {

    public static final String NAME = "indices:data/read/plugins/replication/file_chunk";
    public static final LeaderFilesAction INSTANCE = new LeaderFilesAction();

    private LeaderFilesAction() {
        super(NAME, LeaderFilesResponse::new);
    }
}
