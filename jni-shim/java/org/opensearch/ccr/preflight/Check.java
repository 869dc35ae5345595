package org.opensearch.ccr.preflight;

import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.io.stream.Writeable;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;

import java.io.IOException;
import java.util.Locale;

/**
 * One thing that was looked at before a replication.
 *
 * @param message what was found
 * @param remedy  what to do about it; null when there is nothing to do
 */
public record Check(String name, Verdict verdict, String message, String remedy) implements Writeable, ToXContentObject {

    /** The worse, the later. */
    public enum Verdict {
        OK,
        /** Could not be looked at, for the reason that another check tells. */
        SKIPPED,
        WARNING,
        /** A {@code _start} would be refused, or could not end well. */
        FAILED
    }

    public static Check ok(String name, String message) {
        return new Check(name, Verdict.OK, message, null);
    }

    public static Check skipped(String name, String message) {
        return new Check(name, Verdict.SKIPPED, message, null);
    }

    public static Check warning(String name, String message, String remedy) {
        return new Check(name, Verdict.WARNING, message, remedy);
    }

    public static Check failed(String name, String message, String remedy) {
        return new Check(name, Verdict.FAILED, message, remedy);
    }

    public Check(StreamInput in) throws IOException {
        this(in.readString(), in.readEnum(Verdict.class), in.readString(), in.readOptionalString());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeString(name);
        out.writeEnum(verdict);
        out.writeString(message);
        out.writeOptionalString(remedy);
    }

    static String word(Verdict verdict) {
        return verdict.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject();
        builder.field("name", name);
        builder.field("verdict", word(verdict));
        builder.field("message", message);
        if (remedy != null) {
            builder.field("remedy", remedy);
        }
        return builder.endObject();
    }
}
