#!/usr/bin/env python3
"""Writes NativeStatus.java, NativeMethod.java and NativeLimits.java from the C headers, so that no number is typed twice.

    generate.py OUT_DIR        writes OUT_DIR/org/opensearch/ccr/core/Native{Status,Method,Limits}.java
    generate.py --update       sets CCR_MESSAGES_HASH in session.h after a change of proto/

The abi number is computed here and in session/abi.c from the same text: the two maps, the call preamble's layout and
CCR_MESSAGES_HASH, which is the FNV-1a of the .proto files without comments and white space. A .proto file that changed
without the constant fails the build.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = ROOT / "native" / "include" / "ccr"
PROTOS = [ROOT / "proto" / name for name in ("ccr_core.proto", "ccr_wire.proto")]
PACKAGE = "org.opensearch.ccr.core"
# Limits of the core that Java must keep, too: header and name without CCR_.
LIMITS = [
    ("follower.h", "FOLLOWER_FETCHES_MAX"),
    ("follower.h", "FOLLOWER_APPLIES_MAX"),
    ("wire.h", "WIRE_OPS_MAX"),
    ("wire.h", "TAIL_BYTES_MAX"),
    ("codec.h", "CODEC_ZSTD_LEVEL_MIN"),
    ("codec.h", "CODEC_ZSTD_LEVEL_MAX"),
    ("codec.h", "CODEC_LZ4_LEVEL_MIN"),
    ("codec.h", "CODEC_LZ4_LEVEL_MAX"),
    ("digest.h", "DIGEST_BUCKETS_MAX"),
    ("digest.h", "DIGEST_WIDTH_MAX"),
]
LAYOUT = "u32le envelope length|u32le payload position|u32le payload length|envelope"


def fnv1a(text, value=0x811C9DC5):
    for byte in text.encode("utf-8"):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def messages_hash():
    text = ""
    for proto in PROTOS:
        text += re.sub(r"\s+", "", re.sub(r"//[^\n]*", "", proto.read_text(encoding="utf-8")))
    return fnv1a(text)


def entries(header, name):
    """The argument tuples of every X(...) of one X-macro list; strings without their quotes."""
    text = (INCLUDE / header).read_text(encoding="utf-8").replace("\\\n", "\n")
    start = re.search(r"#define %s\(X\)" % name, text)
    if not start:
        sys.exit("%s: no %s" % (header, name))
    body = re.split(r"\n\s*\n", text[start.end():], maxsplit=1)[0]
    found = re.findall(r'X\(\s*(\w+)\s*,\s*(\w+)\s*,\s*(?:(\w+)\s*,\s*)?"([^"]*)"\s*\)', body)
    if not found or len(found) != body.count("X("):
        sys.exit("%s: cannot read %s" % (header, name))
    return found


def defined(header, name):
    """The number of a constant, written as one or as one shifted by another."""
    number = r"(-?(?:0x[0-9a-fA-F]+|\d+))u?"
    text = (INCLUDE / header).read_text(encoding="utf-8")
    match = re.search(r"#define[ ]+%s[ ]+\(?%s(?:[ ]*<<[ ]*%s)?\)?[ ]*(?:/\*|$)" % (name, number, number), text, flags=re.M)
    if not match:
        sys.exit("%s: no %s, or none that is a plain number" % (header, name))
    return int(match.group(1), 0) << int(match.group(2) or "0", 0)


def abi():
    value = fnv1a(LAYOUT)
    for code, name, _, _ in entries("status.h", "CCR_STATUS_MAP"):
        value = fnv1a("%s,%s;" % (code, name), value)
    for ident, name, kind, _ in entries("session.h", "CCR_METHOD_MAP"):
        value = fnv1a("%s,%s,%s;" % (ident, name, kind), value)
    return fnv1a("%08x" % defined("session.h", "CCR_MESSAGES_HASH"), value)


def update():
    path = INCLUDE / "session.h"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        re.sub(r"(#define\s+CCR_MESSAGES_HASH\s+)0x[0-9a-fA-F]+u", r"\g<1>0x%08xu" % messages_hash(), text),
        encoding="utf-8",
    )


def status_java():
    rows = entries("status.h", "CCR_STATUS_MAP")
    lines = ["    /** %s */\n    %s(%s)" % (duty, name, code) for code, name, _, duty in rows]
    return """package %s;

/** What a call into the native core came to. Generated from native/include/ccr/status.h. */
public enum NativeStatus {
%s;

    private static final NativeStatus[] ALL = values();
    private final int code;

    NativeStatus(int code) {
        this.code = code;
    }

    /** The number the core uses. */
    public int code() {
        return code;
    }

    /** The status of a number; {@link #BROKEN} for one that this build does not know. */
    public static NativeStatus of(int code) {
        for (NativeStatus status : ALL) {
            if (status.code == code) {
                return status;
            }
        }
        return BROKEN;
    }
}
""" % (PACKAGE, ",\n".join(lines))


def session_kinds():
    text = (INCLUDE / "session.h").read_text(encoding="utf-8")
    return {name: int(number) for name, number in re.findall(r"\bCCR_KIND_(\w+) = (\d+)", text)}


def method_java():
    rows = entries("session.h", "CCR_METHOD_MAP")
    kinds = session_kinds()
    lines = [
        "    /** %s */\n    %s(%s, %d)" % (text.replace(">", "&gt;"), name, ident, kinds[kind])
        for ident, name, kind, text in rows
    ]
    consts = "".join("    static final int KIND_%s = %d;\n" % item for item in kinds.items())
    return """package %s;

/** The methods of a native session: envelope and payload in, envelope and payload out. Generated from session.h. */
public enum NativeMethod {
%s;

%s    static final int ENVELOPE_MAX = %d;
    static final int PREAMBLE = %d;
    static final int ABI = 0x%08x;

    private final int id;
    private final int kind;

    NativeMethod(int id, int kind) {
        this.id = id;
        this.kind = kind;
    }

    int id() {
        return id;
    }

    int kind() {
        return kind;
    }
}
""" % (PACKAGE, ",\n".join(lines), consts, 64 << 10, defined("session.h", "CCR_CALL_PREAMBLE"), abi())


def limits_java():
    lines = "".join("    public static final int %s = %d;\n" % (name, defined(header, "CCR_" + name)) for header, name in LIMITS)
    return """package %s;

/** Limits of the core that are kept here, too. Generated from native/include/ccr. */
public final class NativeLimits {
%s
    private NativeLimits() {}
}
""" % (PACKAGE, lines)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.argv[1] == "--update":
        update()
        return
    if defined("session.h", "CCR_MESSAGES_HASH") != messages_hash():
        sys.exit("proto/ changed: run jni-shim/generate.py --update (CCR_MESSAGES_HASH is now 0x%08x)" % messages_hash())
    out = pathlib.Path(sys.argv[1]).joinpath(*PACKAGE.split("."))
    out.mkdir(parents=True, exist_ok=True)
    (out / "NativeStatus.java").write_text(status_java(), encoding="utf-8")
    (out / "NativeMethod.java").write_text(method_java(), encoding="utf-8")
    (out / "NativeLimits.java").write_text(limits_java(), encoding="utf-8")


if __name__ == "__main__":
    main()
