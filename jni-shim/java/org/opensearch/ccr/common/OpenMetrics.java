package org.opensearch.ccr.common;

import java.util.Locale;
import java.util.Map;

/**
 * Writes the OpenMetrics text format 1.0: families in the order they are begun, each with TYPE, UNIT and HELP before its samples.
 * Not thread-safe.
 */
public final class OpenMetrics {

    /** For the header of the answer. */
    public static final String CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /** What a family's values mean. */
    public enum Type {
        /** Goes up and down. */
        GAUGE(""),
        /** Only grows; begins anew with its owner. */
        COUNTER("_total"),
        /** Is always 1: its labels are what it says. */
        INFO("_info");

        private final String suffix;

        Type(String suffix) {
            this.suffix = suffix;
        }
    }

    private final StringBuilder text = new StringBuilder(4_096);
    private String sample;

    /**
     * Begins a family. Its name ends with the unit, as the format demands; an INFO has none.
     *
     * @param unit null for none
     */
    public OpenMetrics family(String name, Type type, String unit, String help) {
        assert unit == null || name.endsWith("_" + unit) : name;
        text.append("# TYPE ").append(name).append(' ').append(type.name().toLowerCase(Locale.ROOT)).append('\n');
        if (unit != null) {
            text.append("# UNIT ").append(name).append(' ').append(unit).append('\n');
        }
        text.append("# HELP ").append(name).append(' ');
        escape(help);
        text.append('\n');
        sample = name + type.suffix;
        return this;
    }

    /** A sample of the family that was begun last. */
    public OpenMetrics value(Map<String, String> labels, long value) {
        return value(labels, Long.toString(value));
    }

    /** A sample of the family that was begun last. */
    public OpenMetrics value(Map<String, String> labels, double value) {
        return value(labels, Double.toString(value));
    }

    private OpenMetrics value(Map<String, String> labels, String value) {
        text.append(sample);
        char before = '{';
        for (Map.Entry<String, String> label : labels.entrySet()) {
            text.append(before).append(label.getKey()).append("=\"");
            escape(label.getValue());
            text.append('"');
            before = ',';
        }
        if (labels.isEmpty() == false) {
            text.append('}');
        }
        text.append(' ').append(value).append('\n');
        return this;
    }

    private void escape(String plain) {
        for (int i = 0; i < plain.length(); i++) {
            switch (plain.charAt(i)) {
                case '\\' -> text.append("\\\\");
                case '"' -> text.append("\\\"");
                case '\n' -> text.append("\\n");
                default -> text.append(plain.charAt(i));
            }
        }
    }

    /** Everything, with the mark of its end. */
    public String end() {
        return text.append("# EOF\n").toString();
    }
}
