package org.opensearch.ccr.bootstrap;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;

import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Outages and damage as no real cluster can be made to have them: hours of them. */
class RestorePatienceTests {

    private static final long BEGUN = Long.MAX_VALUE - 5; // the clock of nanoseconds may pass its end

    @Test
    void anOutageIsSatOut() {
        RestorePatience patience = new RestorePatience(BEGUN);
        for (ErrorClass error : List.of(
            ErrorClass.ERROR_UNREACHABLE,
            ErrorClass.ERROR_TRANSIENT,
            ErrorClass.ERROR_OVERLOADED,
            ErrorClass.ERROR_BLOCKED,
            ErrorClass.ERROR_LEADER_CLOSED,
            ErrorClass.ERROR_FORBIDDEN
        )) {
            assertTrue(patience.lasts(error, BEGUN + TimeUnit.DAYS.toNanos(3)), error.name());
        }
    }

    @Test
    void damageIsNot() {
        RestorePatience patience = new RestorePatience(BEGUN);
        assertTrue(patience.lasts(ErrorClass.ERROR_CORRUPT, BEGUN + RestorePatience.DAMAGED_NANOS_MAX));
        assertFalse(patience.lasts(ErrorClass.ERROR_CORRUPT, BEGUN + RestorePatience.DAMAGED_NANOS_MAX + 1));
        patience.arrived(BEGUN + RestorePatience.DAMAGED_NANOS_MAX);
        assertTrue(patience.lasts(ErrorClass.ERROR_CORRUPT, BEGUN + 2 * RestorePatience.DAMAGED_NANOS_MAX));
    }

    @Test
    void damageAfterAnOutageIsNoneOfItsLength() {
        RestorePatience patience = new RestorePatience(BEGUN);
        long returned = BEGUN + TimeUnit.HOURS.toNanos(11);
        assertTrue(patience.lasts(ErrorClass.ERROR_UNREACHABLE, returned));
        assertTrue(patience.lasts(ErrorClass.ERROR_CORRUPT, returned + 1));
    }

    @Test
    void whatNeedsAPersonFailsAtOnce() {
        RestorePatience patience = new RestorePatience(BEGUN);
        for (ErrorClass error : List.of(
            ErrorClass.ERROR_FATAL,
            ErrorClass.ERROR_LEADER_MISSING,
            ErrorClass.ERROR_HISTORY_GONE,
            ErrorClass.ERROR_HISTORY_CHANGED
        )) {
            assertFalse(patience.lasts(error, BEGUN), error.name());
        }
    }
}
