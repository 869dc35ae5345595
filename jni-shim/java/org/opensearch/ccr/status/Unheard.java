package org.opensearch.ccr.status;

import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.metadata.ShardMark;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.cluster.routing.IndexRoutingTable;
import org.opensearch.cluster.routing.IndexShardRoutingTable;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a status knows of shards that say nothing themselves: all of them while the replication does not run, else those whose
 * primary is not there or whose node did not answer.
 *
 * @param cause    the error that ended the replication; NONE while it runs, or when a person did
 * @param marks    what was known of the shards then
 * @param inactive numbers of the shards without an active primary
 * @param silent   numbers of the shards whose node did not answer in time
 */
record Unheard(ErrorClass cause, List<ShardMark> marks, List<Integer> inactive, List<Integer> silent) implements Writeable {

    static final Unheard NOTHING = new Unheard(ErrorClass.ERROR_NONE, List.of(), List.of(), List.of());

    static Unheard ended(ReplicationStates.Entry entry) {
        return new Unheard(entry.cause(), entry.marks(), List.of(), List.of());
    }

    /** @param silentNodes ids of the nodes that did not answer */
    static Unheard running(IndexRoutingTable table, Set<String> silentNodes) {
        List<Integer> inactive = new ArrayList<>();
        List<Integer> silent = new ArrayList<>();
        for (IndexShardRoutingTable shard : new TreeMap<>(table.shards()).values()) {
            if (shard.primaryShard().active() == false) {
                inactive.add(shard.shardId().id());
            } else if (silentNodes.contains(shard.primaryShard().currentNodeId())) {
                silent.add(shard.shardId().id());
            }
        }
        return new Unheard(ErrorClass.ERROR_NONE, List.of(), inactive, silent);
    }

    Unheard(StreamInput in) throws IOException {
        this(in.readEnum(ErrorClass.class), in.readList(ShardMark::new), in.readList(StreamInput::readVInt), in.readList(StreamInput::readVInt));
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeEnum(cause);
        out.writeList(marks);
        out.writeCollection(inactive, StreamOutput::writeVInt);
        out.writeCollection(silent, StreamOutput::writeVInt);
    }

    /** For people, null for nothing. @param shards how many the index has */
    String trouble(int shards) {
        List<String> said = new ArrayList<>();
        if (inactive.size() == shards) {
            said.add("No primary shard of the follower index is active.");
        } else if (inactive.isEmpty() == false) {
            said.add("The primaries of shards " + inactive + " of the follower index are not active: nothing is replicated there until they are.");
        }
        if (silent.isEmpty() == false) {
            said.add("The nodes of the primaries of shards " + silent + " did not answer in time: figures are without them.");
        }
        return said.isEmpty() ? null : String.join(" ", said);
    }

    /** The fields, into an object that is open. */
    void toXContent(XContentBuilder builder) throws IOException {
        if (inactive.isEmpty() == false) {
            builder.field("shards_without_primary", inactive);
        }
        if (silent.isEmpty() == false) {
            builder.field("shards_without_answer", silent);
        }
        if (marks.isEmpty()) {
            return;
        }
        builder.startArray("last_known");
        for (ShardMark mark : marks) {
            builder.startObject().field("shard", mark.shard()).field("leader_seq_no", mark.leaderSeqNo());
            if (mark.appliedAt() > 0) {
                builder.field("last_applied_time_millis", mark.appliedAt());
            }
            if (mark.asOf() > 0) {
                builder.field("as_of_millis", mark.asOf());
            }
            builder.endObject();
        }
        builder.endArray();
    }
}
