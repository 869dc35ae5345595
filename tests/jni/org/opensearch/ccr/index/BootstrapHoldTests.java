package org.opensearch.ccr.index;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;

import java.util.EnumSet;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class BootstrapHoldTests {

    private static final Set<ErrorClass> WAITED_FOR = EnumSet.of(
        ErrorClass.ERROR_FORBIDDEN,
        ErrorClass.ERROR_BLOCKED,
        ErrorClass.ERROR_UNREACHABLE,
        ErrorClass.ERROR_TRANSIENT,
        ErrorClass.ERROR_OVERLOADED,
        ErrorClass.ERROR_LEADER_CLOSED
    );

    @Test
    void waitsForWhatPassesAndForNothingElse() {
        for (ErrorClass error : ErrorClass.values()) {
            assertEquals(WAITED_FOR.contains(error), BootstrapHold.waitsFor(error), error.name());
        }
    }

    @Test
    void tellsHowOftenAndPausesLonger() {
        BootstrapHold hold = new BootstrapHold();
        String first = hold.begin(ErrorClass.ERROR_UNREACHABLE, "refused");
        assertTrue(first.startsWith("The leader cluster is unreachable since 2"), first);
        assertTrue(first.endsWith("(1 attempts, last: refused). Replication resumes by itself."), first);
        assertTrue(hold.isOn());
        for (long most : new long[] { 2_000, 4_000, 8_000, 16_000, 30_000, 30_000 }) {
            long pause = hold.pause().millis();
            assertTrue(pause >= most / 2 && pause <= most, pause + " of " + most);
            assertTrue(hold.end(hold.attempt()));
            assertFalse(hold.isOn());
            hold.begin(ErrorClass.ERROR_UNREACHABLE, "refused");
        }
    }

    @Test
    void aPauseIsEndedOnceAndByItsOwn() {
        BootstrapHold hold = new BootstrapHold();
        hold.begin(ErrorClass.ERROR_UNREACHABLE, "refused");
        int first = hold.attempt();
        assertTrue(hold.end(first));
        assertFalse(hold.end(first));
        hold.begin(ErrorClass.ERROR_UNREACHABLE, "refused");
        assertFalse(hold.end(first), "the timer of a pause that was ended early");
        assertTrue(hold.isOn());
    }

    @Test
    void theReturnOfTheLeaderEndsWhatWaitsForIt() {
        BootstrapHold hold = new BootstrapHold();
        hold.begin(ErrorClass.ERROR_BLOCKED, "no room");
        assertFalse(hold.endForLeader());
        assertTrue(hold.end(hold.attempt()));
        hold.begin(ErrorClass.ERROR_UNREACHABLE, "refused");
        assertTrue(hold.endForLeader());
        assertFalse(hold.endForLeader(), "told twice");
        assertFalse(hold.isOn());
    }

    @Test
    void aLeaderThatSpeaksAgainIsNotWaitedForAsLongAsTheOutage() {
        BootstrapHold hold = new BootstrapHold();
        for (int i = 0; i < 6; i++) {
            hold.begin(ErrorClass.ERROR_UNREACHABLE, "refused");
        }
        assertTrue(hold.pause().millis() >= 15_000);
        hold.begin(ErrorClass.ERROR_TRANSIENT, "no shard is open");
        assertTrue(hold.pause().millis() <= 2_000);
        hold.begin(ErrorClass.ERROR_TRANSIENT, "no shard is open");
        assertTrue(hold.pause().millis() >= 2_000 && hold.pause().millis() <= 4_000);
    }
}
