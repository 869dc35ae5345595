package org.opensearch.ccr.index;

import org.opensearch.ccr.state.FollowTasks;
import org.opensearch.ccr.state.IndexFollowParams;
import org.opensearch.ccr.state.IndexFollowState;
import org.opensearch.core.ParseField;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.persistent.PersistentTaskParams;
import org.opensearch.persistent.PersistentTaskState;

import java.util.List;

/** How the task of a followed index is read from the wire and from disk. */
public final class IndexTasks {

    private IndexTasks() {}

    /** For {@code Plugin.getNamedWriteables}. */
    public static List<NamedWriteableRegistry.Entry> namedWriteables() {
        return List.of(
            new NamedWriteableRegistry.Entry(PersistentTaskParams.class, FollowTasks.INDEX_TASK, IndexFollowParams::new),
            new NamedWriteableRegistry.Entry(PersistentTaskState.class, FollowTasks.INDEX_TASK, IndexFollowState::new)
        );
    }

    /** For {@code Plugin.getNamedXContent}. */
    public static List<NamedXContentRegistry.Entry> namedXContent() {
        ParseField name = new ParseField(FollowTasks.INDEX_TASK);
        return List.of(
            new NamedXContentRegistry.Entry(PersistentTaskParams.class, name, IndexFollowParams::fromXContent),
            new NamedXContentRegistry.Entry(PersistentTaskState.class, name, IndexFollowState::fromXContent)
        );
    }
}
