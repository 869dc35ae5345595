package org.opensearch.ccr.common;

import org.opensearch.core.index.shard.ShardId;

/** What a shard is called in the core, alike on both sides: frames name it together with its history. */
public final class ShardNames {
    private ShardNames() {}

    /** @return index UUID and shard number; an index made again under the same name has another one */
    public static String of(ShardId shard) {
        return shard.getIndex().getUUID() + "/" + shard.id();
    }
}
