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
            hold.end();
            assertFalse(hold.isOn());
            hold.begin(ErrorClass.ERROR_TRANSIENT, "no shard");
        }
    }
}
