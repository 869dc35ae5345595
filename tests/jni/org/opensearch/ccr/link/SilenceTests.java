package org.opensearch.ccr.link;

import org.junit.jupiter.api.Test;
import org.opensearch.core.action.ActionListener;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SilenceTests {

    private static final String ALIAS = "leader-one";

    /** What was asked for, in its order; the test answers. */
    private static final class Wire implements Silence.Wire {
        final List<ActionListener<Void>> greetings = new ArrayList<>();
        final List<Consumer<Boolean>> looks = new ArrayList<>();
        int disconnects;

        @Override
        public void greet(String alias, ActionListener<Void> word) {
            greetings.add(word);
        }

        @Override
        public void isThere(String alias, Consumer<Boolean> answer) {
            looks.add(answer);
        }

        @Override
        public void disconnect(String alias) {
            disconnects++;
        }
    }

    private final Wire wire = new Wire();
    private long now = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(5); // this clock may overflow
    private final Silence silence = new Silence(wire, Runnable::run, () -> now);

    private void pass(int seconds) {
        for (long left = TimeUnit.SECONDS.toMillis(seconds); left > 0; left -= Silence.LOOK_MILLIS) {
            now += TimeUnit.MILLISECONDS.toNanos(Silence.LOOK_MILLIS);
            silence.look();
        }
    }

    private static long seconds(long nanos) {
        return TimeUnit.NANOSECONDS.toSeconds(nanos);
    }

    @Test
    void nobodyAsksForALeaderThatOwesNothing() {
        silence.call(ALIAS).answered();
        silence.call(ALIAS).failed();
        pass(60);
        assertEquals(0, wire.greetings.size());
    }

    @Test
    void oneThatAnswersIsNotAsked() {
        silence.call(ALIAS);
        for (int i = 0; i < 30; i++) {
            pass(2);
            silence.call(ALIAS).answered();
        }
        assertEquals(0, wire.greetings.size());
    }

    @Test
    void anIdleOneIsAskedForAWordNowAndThen() {
        Silence.Call parked = silence.call(ALIAS);
        for (int i = 0; i < 15; i++) {
            pass(4);
            assertEquals(1, wire.greetings.size());
            wire.greetings.remove(0).onResponse(null);
        }
        assertEquals(0, wire.looks.size());
        assertEquals(0, parked.failed());
    }

    @Test
    void theSilentOneIsLetGoWithinAQuarterOfAMinute() {
        Silence.Call parked = silence.call(ALIAS);
        pass(8);
        assertEquals(1, wire.looks.size());
        pass(5); // it takes its time
        assertEquals(1, wire.looks.size(), "one look at a time");
        wire.looks.remove(0).accept(false);
        assertEquals(1, wire.disconnects);
        wire.greetings.remove(0).onFailure(new Exception("closed"));
        assertEquals(14, seconds(parked.failed()), "from the last word");
        assertEquals(0, parked.failed(), "told once");
        now++;
        assertEquals(0, silence.call(ALIAS).failed(), "a call over a new connection fails for reasons of its own");
        pass(60);
        assertEquals(0, wire.greetings.size());
        assertEquals(1, wire.disconnects);
    }

    @Test
    void aBusyLinkIsLeftAlone() {
        silence.call(ALIAS);
        Silence.Call large = silence.call(ALIAS);
        pass(8);
        large.answered();
        wire.looks.remove(0).accept(false);
        assertEquals(0, wire.disconnects, "it has answered while it was looked for");
        pass(4);
        wire.looks.remove(0).accept(true);
        pass(4);
        assertEquals(0, wire.disconnects, "a new connection is answered");
        assertEquals(1, wire.looks.size(), "and it is looked for again");
        wire.looks.remove(0).accept(false);
        assertEquals(1, wire.disconnects, "until it is not");
    }

    @Test
    void nothingIsLetGoWhenNobodyWaitsAnyMore() {
        Silence.Call call = silence.call(ALIAS);
        pass(8);
        call.failed();
        wire.looks.remove(0).accept(false);
        assertEquals(0, wire.disconnects);
    }

    @Test
    void whatCannotBeAskedIsAskedAgain() {
        int[] tries = new int[1];
        Silence broken = new Silence(new Silence.Wire() {
            @Override
            public void greet(String alias, ActionListener<Void> word) {
                tries[0]++;
                throw new IllegalStateException("not connected");
            }

            @Override
            public void isThere(String alias, Consumer<Boolean> answer) {
                throw new AssertionError("not asked for a word yet");
            }

            @Override
            public void disconnect(String alias) {
                throw new AssertionError("not silent");
            }
        }, Runnable::run, () -> now);
        broken.call(ALIAS);
        for (int i = 0; i < 5; i++) {
            now += TimeUnit.SECONDS.toNanos(4);
            broken.look();
        }
        assertTrue(tries[0] == 5, tries[0] + " tries");
    }
}
