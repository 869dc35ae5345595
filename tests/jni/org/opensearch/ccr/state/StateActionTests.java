package org.opensearch.ccr.state;

import org.junit.jupiter.api.Test;
import org.opensearch.OpenSearchStatusException;
import org.opensearch.ResourceAlreadyExistsException;
import org.opensearch.ccr.metadata.OverallState;
import org.opensearch.ccr.metadata.ReplicationStates;
import org.opensearch.ccr.metadata.ShardMark;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.state.StateAction.Request;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.ClusterStateTaskExecutor;
import org.opensearch.cluster.metadata.Metadata;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.core.index.Index;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.persistent.PersistentTasksCustomMetadata;

import java.io.IOException;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Whoever decides by what a state was may come late: after a _stop, a _pause, a _resume, or together with one. */
class StateActionTests {

    private static final List<ShardMark> MARKS = List.of(new ShardMark(0, 79, 1700000000000L, 0, 7, 900, 3));
    private static final Request RUN = Request.run(new IndexFollowParams("alias", new Index("l", "uuid"), "f", false));
    private static final Request STOP = Request.remove("f");
    private static final Request PAUSE = move(OverallState.RUNNING, OverallState.PAUSED, ErrorClass.ERROR_NONE).marks(MARKS);
    private static final Request AUTO_PAUSE = move(OverallState.RUNNING, OverallState.PAUSED, ErrorClass.ERROR_LEADER_MISSING);
    private static final Request FAIL = move(OverallState.RUNNING, OverallState.FAILED, ErrorClass.ERROR_FATAL);
    private static final Request CAUSE = move(OverallState.PAUSED, OverallState.PAUSED, ErrorClass.ERROR_HISTORY_GONE);

    private static Request move(OverallState from, OverallState to, ErrorClass cause) {
        return Request.move("f", from, to, "alias", cause);
    }

    private static ClusterState after(Request... requests) {
        ClusterState state = ClusterState.EMPTY_STATE;
        for (Request request : requests) {
            state = done(state, request).resultingState;
        }
        return state;
    }

    /** In one update. */
    private static ClusterStateTaskExecutor.ClusterTasksResult<Request> done(ClusterState state, Request... requests) {
        return new StateAction.Changes().execute(state, List.of(requests));
    }

    private static ReplicationStates.Entry entry(ClusterState state) {
        return ReplicationStates.of(state).get("f");
    }

    private static void refused(ClusterState state, Request late) {
        ClusterStateTaskExecutor.ClusterTasksResult<Request> result = done(state, late);
        assertSame(state, result.resultingState, "nothing changes");
        OpenSearchStatusException why = assertInstanceOf(
            OpenSearchStatusException.class,
            result.executionResults.get(late).getFailure()
        );
        assertEquals(RestStatus.CONFLICT, why.status());
        assertTrue(why.getMessage().startsWith("[f] "), why.getMessage());
    }

    @Test
    void nothingBringsBackWhatWasStopped() {
        for (Request late : List.of(PAUSE, AUTO_PAUSE, FAIL, CAUSE)) {
            refused(after(RUN, STOP), late);
            refused(after(RUN, PAUSE, STOP), late);
            refused(ClusterState.EMPTY_STATE, late);
        }
    }

    @Test
    void nothingEndsWhatRunsAgain() {
        ClusterState paused = after(RUN, PAUSE);
        ClusterState resumed = done(withoutTask(paused), RUN).resultingState;
        refused(resumed, CAUSE);
        assertEquals(OverallState.RUNNING, entry(resumed).state());
    }

    private static ClusterState withoutTask(ClusterState state) {
        return ClusterState.builder(state)
            .metadata(Metadata.builder(state.metadata()).removeCustom(PersistentTasksCustomMetadata.TYPE))
            .build();
    }

    @Test
    void whoComesFirstSaysWhy() {
        ClusterState byPerson = after(RUN, PAUSE);
        refused(byPerson, AUTO_PAUSE);
        refused(byPerson, FAIL);
        assertEquals(ErrorClass.ERROR_NONE, entry(byPerson).cause());
        ClusterState byItself = after(RUN, AUTO_PAUSE);
        refused(byItself, PAUSE);
        assertEquals(ErrorClass.ERROR_LEADER_MISSING, entry(byItself).cause());
        ClusterState failed = after(RUN, FAIL);
        refused(failed, PAUSE);
        assertEquals(OverallState.FAILED, entry(failed).state());
    }

    @Test
    void aCauseThatComesLaterKeepsTheMarks() {
        ReplicationStates.Entry told = entry(after(RUN, PAUSE, CAUSE));
        assertEquals(ErrorClass.ERROR_HISTORY_GONE, told.cause());
        assertEquals(MARKS, told.marks());
    }

    /** The cluster manager makes one update of what waits for it: the order is that in which they came. */
    @Test
    void whatComesTogetherIsDoneInItsOrder() {
        ClusterStateTaskExecutor.ClusterTasksResult<Request> stopped = done(after(RUN), STOP, AUTO_PAUSE);
        assertNull(entry(stopped.resultingState));
        assertTrue(stopped.executionResults.get(STOP).isSuccess());
        assertFalse(stopped.executionResults.get(AUTO_PAUSE).isSuccess());
        ClusterStateTaskExecutor.ClusterTasksResult<Request> both = done(after(RUN), AUTO_PAUSE, STOP);
        assertNull(entry(both.resultingState));
        assertTrue(both.executionResults.get(AUTO_PAUSE).isSuccess() && both.executionResults.get(STOP).isSuccess());
        ClusterStateTaskExecutor.ClusterTasksResult<Request> paused = done(after(RUN), PAUSE, FAIL);
        assertEquals(OverallState.PAUSED, entry(paused.resultingState).state());
        assertFalse(paused.executionResults.get(FAIL).isSuccess());
    }

    @Test
    void aTaskIsStartedOnce() {
        ClusterState running = after(RUN);
        assertNotNull(FollowTasks.indexTask(running, "f"));
        assertInstanceOf(ResourceAlreadyExistsException.class, done(running, RUN).executionResults.get(RUN).getFailure());
    }

    @Test
    void theWireKeepsWhatItHasToBe() throws IOException {
        for (Request request : List.of(PAUSE, CAUSE, RUN, STOP)) {
            try (BytesStreamOutput out = new BytesStreamOutput()) {
                request.writeTo(out);
                Request read = new Request(out.bytes().streamInput());
                ClusterState running = after(RUN);
                ClusterStateTaskExecutor.ClusterTasksResult<Request> here = done(running, request);
                ClusterStateTaskExecutor.ClusterTasksResult<Request> there = done(running, read);
                assertEquals(here.executionResults.get(request).isSuccess(), there.executionResults.get(read).isSuccess());
                assertEquals(state(here), state(there));
            }
        }
    }

    private static OverallState state(ClusterStateTaskExecutor.ClusterTasksResult<Request> result) {
        ReplicationStates.Entry entry = entry(result.resultingState);
        return entry == null ? null : entry.state();
    }
}
