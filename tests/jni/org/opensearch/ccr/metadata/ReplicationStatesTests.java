package org.opensearch.ccr.metadata;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.common.xcontent.XContentFactory;
import org.opensearch.common.xcontent.XContentHelper;
import org.opensearch.common.xcontent.XContentType;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.xcontent.DeprecationHandler;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.ToXContent;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;

import java.io.IOException;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The cluster state's entry survives the disk and the wire with all it says. */
class ReplicationStatesTests {

    private static final List<ShardMark> MARKS = List.of(new ShardMark(0, 79, 1700000000000L, 0, 7, 900, 3), new ShardMark(1, -1, 0, 5, 0, 0, 0));

    private static ReplicationStates.Entry entry(OverallState state, ErrorClass cause, List<ShardMark> marks) {
        return new ReplicationStates.Entry(state, "alias", cause, 7, marks);
    }

    private static ReplicationStates paused() throws IOException {
        XContentParser nothing = parser(BytesReference.fromByteBuffer(java.nio.ByteBuffer.wrap("{}".getBytes(java.nio.charset.StandardCharsets.UTF_8))));
        return ReplicationStates.fromXContent(nothing).with("f", entry(OverallState.PAUSED, ErrorClass.ERROR_NONE, MARKS));
    }

    private static XContentParser parser(BytesReference bytes) throws IOException {
        return XContentHelper.createParser(
            NamedXContentRegistry.EMPTY,
            DeprecationHandler.THROW_UNSUPPORTED_OPERATION,
            bytes,
            XContentType.JSON
        );
    }

    @Test
    void diskAndWireKeepTheMarks() throws IOException {
        ReplicationStates states = paused();
        XContentBuilder json = XContentFactory.jsonBuilder().startObject();
        states.toXContent(json, ToXContent.EMPTY_PARAMS).endObject();
        assertEquals(states, ReplicationStates.fromXContent(parser(BytesReference.bytes(json))));
        try (BytesStreamOutput out = new BytesStreamOutput()) {
            states.writeTo(out);
            assertEquals(states, new ReplicationStates(out.bytes().streamInput()));
        }
    }

    @Test
    void anotherCauseKeepsTheMarksAndARunForgetsThem() throws IOException {
        ReplicationStates gone = paused().with("f", entry(OverallState.PAUSED, ErrorClass.ERROR_HISTORY_GONE, List.of()));
        assertEquals(MARKS, gone.get("f").marks());
        assertEquals(ErrorClass.ERROR_HISTORY_GONE, gone.get("f").cause());
        ReplicationStates running = gone.with("f", entry(OverallState.RUNNING, ErrorClass.ERROR_NONE, List.of()));
        assertEquals(List.of(), running.get("f").marks());
    }
}
