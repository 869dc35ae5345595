package org.opensearch.ccr.core;

import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.index.translog.Translog;

import java.io.IOException;

/** Plain operations as the core takes them: u32 big-endian length of the body, body as the translog writes it, CRC included. */
public final class PlainOperations {

    private PlainOperations() {}

    /** Appends one and answers the position behind it. */
    public static long append(BytesStreamOutput out, Translog.Operation op) throws IOException {
        long start = out.position();
        out.writeInt(0);
        Translog.Operation.writeOperation(out, op);
        long end = out.position();
        out.seek(start);
        out.writeInt(Math.toIntExact(end - start - Integer.BYTES));
        out.seek(end);
        return end;
    }
}
