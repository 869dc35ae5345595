package org.opensearch.ccr.metadata;

import org.opensearch.Version;
import org.opensearch.cluster.AbstractNamedDiffable;
import org.opensearch.cluster.NamedDiff;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.common.io.stream.Writeable;

import java.util.EnumSet;
import java.util.List;

/** A part that this plugin adds to the metadata of the cluster state. It goes to other nodes whole whenever it has changed. */
public abstract class MetadataPart extends AbstractNamedDiffable<Metadata.Custom> implements Metadata.Custom {

    /** Shown by {@code _cluster/state} and kept over restarts of the cluster, but not put into snapshots. */
    protected static final EnumSet<Metadata.XContentContext> KEPT = EnumSet.of(
        Metadata.XContentContext.API,
        Metadata.XContentContext.GATEWAY
    );
    /** Shown by {@code _cluster/state}, forgotten when the cluster restarts. */
    protected static final EnumSet<Metadata.XContentContext> SHOWN = EnumSet.of(Metadata.XContentContext.API);

    private final String type;
    private final EnumSet<Metadata.XContentContext> where;

    /** @param where {@link #KEPT} or {@link #SHOWN} */
    protected MetadataPart(String type, EnumSet<Metadata.XContentContext> where) {
        this.type = type;
        this.where = where;
    }

    /** The part and its change, for {@code Plugin.getNamedWriteables}. */
    protected static List<NamedWriteableRegistry.Entry> readers(String type, Writeable.Reader<? extends Metadata.Custom> reader) {
        return List.of(
            new NamedWriteableRegistry.Entry(Metadata.Custom.class, type, reader),
            new NamedWriteableRegistry.Entry(NamedDiff.class, type, in -> readDiffFrom(Metadata.Custom.class, type, in))
        );
    }

    @Override
    public final EnumSet<Metadata.XContentContext> context() {
        return EnumSet.copyOf(where);
    }

    @Override
    public final String getWriteableName() {
        return type;
    }

    @Override
    public final Version getMinimalSupportedVersion() {
        return Version.V_3_0_0;
    }
}
