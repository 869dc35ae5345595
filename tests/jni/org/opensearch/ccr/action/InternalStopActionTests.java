package org.opensearch.ccr.action;

import org.junit.jupiter.api.Test;
import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.support.clustermanager.AcknowledgedRequest;
import org.opensearch.core.common.io.stream.StreamOutput;

import java.io.IOException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** The request of Index State Management is of a class that this plugin does not know. */
class InternalStopActionTests {

    /** Written as the shared library of the plugins writes it: what every acknowledged request has, then the name. */
    private static final class Foreign extends AcknowledgedRequest<Foreign> {
        @Override
        public void writeTo(StreamOutput out) throws IOException {
            super.writeTo(out);
            out.writeString("follower-1");
        }

        @Override
        public ActionRequestValidationException validate() {
            return null;
        }
    }

    private static final class Other extends ActionRequest {
        @Override
        public ActionRequestValidationException validate() {
            return null;
        }
    }

    @Test
    void aForeignRequestIsReadByItsBytes() throws IOException {
        StopAction.Request read = InternalStopAction.ours(new Foreign());
        assertEquals("follower-1", read.follower());
        assertSame(read, InternalStopAction.ours(read));
    }

    @Test
    void whatIsNoSuchRequestIsRefused() {
        assertThrows(IOException.class, () -> InternalStopAction.ours(new Other()));
    }
}
