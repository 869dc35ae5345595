package org.opensearch.ccr.action;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.core.common.Strings;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The rules for index names, with the words of the API contract. */
public final class IndexNames {

    private static final int MAX_BYTES = 255;

    private IndexNames() {}

    public static void validate(String name, ActionRequestValidationException errors) {
        validate(name, false, errors);
    }

    /** @param dots whether a name may begin with a dot */
    public static void validate(String name, boolean dots, ActionRequestValidationException errors) {
        if (name.toLowerCase(Locale.ROOT).equals(name) == false) {
            errors.addValidationError("Value " + name + " must be lowercase");
        }
        if (Strings.validFileName(name) == false) {
            errors.addValidationError("Value " + name + " must not contain the following characters " + Strings.INVALID_FILENAME_CHARS);
        }
        if (name.indexOf('#') >= 0 || name.indexOf(':') >= 0) {
            errors.addValidationError("Value " + name + " must not contain '#' or ':'");
        }
        if (name.equals(".") || name.equals("..")) {
            errors.addValidationError("Value " + name + " must not be '.' or '..'");
        }
        if (name.startsWith("_") || name.startsWith("-") || name.startsWith("+")) {
            errors.addValidationError("Value " + name + " must not start with '_' or '-' or '+'");
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            errors.addValidationError("Value " + name + " must not be longer than " + MAX_BYTES + " bytes");
        }
        if (dots == false && name.startsWith(".")) {
            errors.addValidationError("Value " + name + " must not start with '.'");
        }
    }
}
