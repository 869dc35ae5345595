#!/usr/bin/env python3
"""Style as a test: what a reader of this tree may rely on, checked.

    tidy.py [--library SO] [--zip ZIP] [--compile-commands BUILD_FOLDER]

Without an option the checks that need a build are left out and named as skipped. Each check prints its findings; the last
line is "N passed, N failed".
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import packages
import routes

ROOT = Path(__file__).resolve().parent.parent.parent
SELF = Path(__file__).resolve().relative_to(ROOT).as_posix()

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70

# What a module may include, beside itself.
BASE = {"base", "op", "codec", "wire"}
MAY_INCLUDE = {
    "base": set(),
    "platform": {"base"},
    "op": {"base"},
    "codec": {"base", "op"},
    "tlog": {"base", "op"},
    "wire": {"base", "op", "codec", "digest"},
    "leader": BASE | {"tlog"},
    "follower": set(BASE),
    "digest": {"base", "op"},
    "verify": BASE | {"digest", "follower"},
    "judge": BASE | {"follower"},
    "session": BASE | {"tlog", "leader", "follower", "platform", "digest", "verify", "judge"},
}
# Public headers that are not called like their module.
HEADER_MODULE = {"status": "base", "alloc": "base", "buf": "base", "budget": "base", "file": "base"}
MESSAGE_USERS = {"session", "wire"}

# pattern -> (why, path prefixes that may)
BANNED_C = {
    r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca)\s*\(": ("unbounded or stateful", ()),
    r"(?<![\w.>])(atoi|atol|atoll|atof)\s*\(": ("cannot tell an error from a zero", ()),
    r"(?<![\w.>])(abort|exit|_exit|quick_exit|raise)\s*\(": ("the core is a guest in somebody's data node", ()),
    r"<assert\.h>|\bassert\s*\(": ("a failed assertion ends the node; latch BROKEN instead", ()),
    r"(?<![\w.>])(malloc|calloc|realloc|free|strdup|aligned_alloc|posix_memalign)\s*\(":
        ("memory comes from struct ccr_alloc, so that tests can refuse it", ("native/src/base/alloc.c",)),
    r"(?<![\w.>])(time|clock|clock_gettime|gettimeofday|nanosleep|usleep|sleep)\s*\(":
        ("time is an argument", ("native/src/platform/",)),
    r"(?<![\w.>])(open|openat|fopen|socket|read|pread|mmap|getenv|setlocale|rand|srand|random)\s*\(":
        ("the operating system is reached through platform/ alone", ("native/src/platform/",)),
    r"(?<![\w.>])(printf|fprintf|puts|perror|syslog)\s*\(": ("the core says what it has to say in struct ccr_err", ()),
    r"(?<![\w.>])pthread_create\s*\(": ("the core has no threads", ()),
}
BANNED_JAVA = {
    r"\bSystem\.(load|loadLibrary)\s*\(": ("one class loads the library", ("jni-shim/java/org/opensearch/ccr/core/NativeLoader.java",)),
    r"\bSystem\.exit\s*\(|\bRuntime\.getRuntime\(\)\.(halt|exit)": ("a plugin does not end its node", ()),
    r"\bSystem\.(out|err)\b|\.printStackTrace\s*\(": ("use the logger", ()),
    r"\bThread\.sleep\s*\(": ("nothing waits by sleeping", ()),
    r"\bregisterRequestHandler\s*\(": ("the Security plugin checks transport actions only: another cluster could call this freely", ()),
    r"getMessage\(\)\s*\.\s*(contains|startsWith|endsWith|equals|matches|indexOf)\s*\(":
        ("errors are told apart by type, never by text", ()),
    r"\bthrow new (\w+\.)*\w*Error\s*\(": ("OpenSearch halts the node on an Error", ()),
}


def tracked():
    """Files of the tree as git sees them, new ones too."""
    out = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         check=True, capture_output=True).stdout
    return sorted({name for name in out.decode().split("\0") if name and (ROOT / name).is_file()})


FILES = tracked()


def under(*prefixes, suffixes):
    return [name for name in FILES if name.startswith(prefixes) and name.endswith(suffixes)]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def blank(match):
    """A comment or literal as blanks: line and column numbers stay."""
    return re.sub(r"[^\n]", " ", match.group(0))


CODE = {}


def code(name):
    """The text without comments and literals' content; #include lines keep theirs."""
    if name not in CODE:
        kept = re.sub(r'^(\s*#\s*include\s+)"([^"\n]*)"', r"\1<\2>", text(name), flags=re.M)
        CODE[name] = re.sub(r'/\*.*?\*/|//[^\n]*|"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank,
                            kept, flags=re.S)
    return CODE[name]


C_CORE = under("native/src/", "native/include/", suffixes=(".c", ".h"))
C_SHIM = under("jni-shim/c/", suffixes=(".c", ".h"))
C_TESTS = under("tests/", suffixes=(".c", ".h"))
C_ALL = C_CORE + C_SHIM + C_TESTS
JAVA = under("jni-shim/java/", suffixes=(".java",))
SOURCES = C_ALL + JAVA + under("", suffixes=(".py", ".sh", ".cmake", "CMakeLists.txt", ".proto"))


def banned(files, rules):
    for name in files:
        body = code(name)
        for pattern, (why, allowed) in rules.items():
            if name.startswith(tuple(allowed)) and allowed:
                continue
            for match in re.finditer(pattern, body):
                line = body.count("\n", 0, match.start()) + 1
                yield "%s:%d: %s: %s" % (name, line, match.group(0).strip(), why)


def check_banned_c():
    """banned calls in C"""
    yield from banned(C_CORE + C_SHIM, BANNED_C)


def check_banned_java():
    """banned calls in Java"""
    yield from banned(JAVA, BANNED_JAVA)


def check_file_length():
    """no file is too long"""
    for name in SOURCES:
        lines = text(name).count("\n")
        if lines > FILE_LINES_MAX:
            yield "%s: %d lines" % (name, lines)


def check_c_function_length():
    """no C function is too long"""
    for name in C_ALL:
        start = None
        lines = text(name).split("\n")
        for number, line in enumerate(lines):
            if line == "{":
                start = number
            elif line == "}" and start is not None:
                head = " ".join(lines[max(0, start - 4):start])
                function = (re.findall(r"(\w+)\(", head) or ["?"])[-1]
                if number - start - 1 > FUNCTION_LINES_MAX:
                    yield "%s:%d: %s has %d lines" % (name, start, function, number - start - 1)
                start = None


def check_java_method_length():
    """no Java method is too long"""
    for name in JAVA:
        open_at = {}  # indent -> line: a method stands at 4, one of a nested type at 8
        for number, line in enumerate(text(name).split("\n")):
            indent = len(line) - len(line.lstrip())
            if indent not in (4, 8):
                continue
            if line.lstrip().startswith("}"):
                start = open_at.pop(indent, None)
                if start is not None and number - start - 1 > FUNCTION_LINES_MAX:
                    yield "%s:%d: %d lines" % (name, start + 1, number - start - 1)
            if line.rstrip().endswith("{") and not re.search(r"\b(class|interface|enum|record)\b", line):
                open_at.setdefault(indent, number)


def module_of(header):
    """The module of an included header; None for one that is not the core's."""
    if header.startswith("ccr/"):
        stem = header[4:].split(".")[0]
        return HEADER_MODULE.get(stem, stem)
    first = header.split("/")[0]
    return first if "/" in header and first in MAY_INCLUDE else None


def check_modules():
    """modules include only what stands below them"""
    for name in under("native/src/", suffixes=(".c", ".h")):
        module = name.split("/")[2]
        if module not in MAY_INCLUDE:
            yield "%s: module %s is not in MAY_INCLUDE" % (name, module)
            continue
        for header in re.findall(r"#\s*include\s+[<\"]([^>\"]+)[>\"]", text(name)):
            if header.endswith(".pb-c.h") and module not in MESSAGE_USERS:
                yield "%s: includes %s, which only %s may" % (name, header, " and ".join(sorted(MESSAGE_USERS)))
            other = module_of(header)
            if other is None or other == module:
                continue
            if other not in MAY_INCLUDE[module]:
                yield "%s: includes %s of module %s" % (name, header, other)
            elif not header.startswith("ccr/") and other in ("leader", "follower", "tlog"):
                yield "%s: includes %s, which is private to %s" % (name, header, other)


def check_packages():
    """Java packages name only what stands below them, as docs/ARCHITECTURE.md says"""
    yield from packages.misplaced(packages.MAY_IMPORT)
    yield from packages.upward({name: text(name) for name in JAVA})
    yield from packages.described(text("docs/ARCHITECTURE.md"))


def check_packages_notice():
    """the rule about packages notices what breaks it"""
    yield from packages.unnoticed()


def check_jni_includes():
    """the JNI file knows ccr/session.h alone"""
    for name in C_SHIM:
        for header in re.findall(r"#\s*include\s+\"([^\"]+)\"", text(name)):
            if header.startswith("ccr/") and header != "ccr/session.h" or header.endswith(".pb-c.h"):
                yield "%s: includes %s" % (name, header)


def check_essays():
    """every C file begins by saying what it is, every Java type has its Javadoc"""
    for name in C_CORE + C_SHIM + [test for test in C_TESTS if test.endswith(".h")]:
        first = re.match(r"/\*(.*?)\*/", text(name), flags=re.S)
        least = 60 if name.endswith(".h") else 20
        if not first or len(re.sub(r"[\s*]+", " ", first.group(1)).strip()) < least:
            yield "%s: no essay at the top" % name
    for name in JAVA:
        if name.endswith("package-info.java"):
            continue
        head = re.split(r"^(?:public |final |abstract |sealed )*(?:class|interface|enum|record|@interface) ", text(name), flags=re.M)[0]
        if "/**" not in head:
            yield "%s: the type has no Javadoc" % name


def check_imports():
    """every Java import is used"""
    for name in under("jni-shim/java/", "tests/jni/", suffixes=(".java",)):
        body = re.sub(r"^import .*$", "", text(name), flags=re.M)
        for imported in re.findall(r"^import (?:static )?([\w.]+);$", text(name), flags=re.M):
            if not re.search(r"\b%s\b" % imported.rpartition(".")[2], body):
                yield "%s: %s" % (name, imported)


def check_comments():
    """C comments are /* */; no to-do notes, tabs or trailing blanks"""
    for name in SOURCES:
        body = text(name)
        for number, line in enumerate(body.split("\n"), 1):
            if line != line.rstrip() or "\t" in line and not name.startswith("gradle-wrapper/"):
                yield "%s:%d: tab or trailing blank" % (name, number)
            if re.search(r"\b(TODO|FIXME|XXX)\b", line) and name != SELF:
                yield "%s:%d: to-do note" % (name, number)
        if body and not body.endswith("\n"):
            yield "%s: no newline at the end" % name
    for name in C_ALL:
        without = re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text(name), flags=re.S)
        for number, line in enumerate(without.split("\n"), 1):
            if "//" in line:
                yield "%s:%d: // comment" % (name, number)


def check_prefixes():
    """external C symbols begin with ccr_, internal ones with ccri_"""
    for name in under("native/include/", suffixes=(".h",)):
        for match in re.finditer(r"^(?!static|#|typedef|struct \w+ \{|enum|\s|\}|/|\*)[\w *]+?[ *](\w+)\(", code(name), flags=re.M):
            if not match.group(1).startswith(("ccr_", "__attribute__")):
                yield "%s: %s" % (name, match.group(1))
    for name in under("native/src/", suffixes=(".h",)):
        for match in re.finditer(r"^(?!static|#|typedef|struct \w+ \{|enum|\s|\}|/|\*)[\w *]+?[ *](\w+)\(", code(name), flags=re.M):
            if not match.group(1).startswith(("ccri_", "__attribute__")):
                yield "%s: %s" % (name, match.group(1))


def check_messages():
    """no protobuf message reaches itself, no bytes field"""
    fields = {}
    for name in under("proto/", suffixes=(".proto",)):
        body = re.sub(r"//[^\n]*", "", text(name))
        for message, inner in re.findall(r"message\s+(\w+)\s*\{(.*?)\n\}", body, flags=re.S):
            fields[message] = re.findall(r"(?:repeated\s+)?([\w.]+)\s+\w+\s*=\s*\d+", inner)
            if "bytes" in fields[message]:
                yield "%s: %s has a bytes field: operations stand beside a message, never in it" % (name, message)

    def reaches(start, at, seen):
        for kind in fields.get(at, ()):
            kind = kind.split(".")[-1]
            if kind == start or kind in fields and kind not in seen and reaches(start, kind, seen | {kind}):
                return True
        return False

    if not fields:
        yield "proto/: no message found"
    for message in fields:
        if reaches(message, message, {message}):
            yield "message %s contains itself: protobuf-c recurses without a depth limit" % message


def check_places():
    """nothing in the tree names a place or tool of the machine it was written on"""
    words = ["/wo" + "rk/", "temurin-25-jdk" + "-amd64", "/ro" + "ot/", "repo1" + ".maven", "repo.maven" + ".apache",
             "deb" + ".debian.org", "registry" + ".npmjs", "pypi" + ".org", "issues" + " show", "/home" + "/"]
    for name in FILES:
        if name.startswith(("LICENSES/", "tests/golden/", "tests/fuzz/corpus/")) or name.endswith((".jar", ".png")):
            continue
        body = text(name)
        for word in words:
            if word in body:
                yield "%s:%d: names %s" % (name, body[:body.index(word)].count("\n") + 1, word)


def check_routes():
    """docs/openapi.yaml and the code name the same endpoints"""
    code_routes = routes.registered({name: text(name) for name in JAVA})
    described = routes.described(text("docs/openapi.yaml"))
    for method, path in sorted(code_routes - described):
        yield "%s %s is not described in docs/openapi.yaml" % (method, path)
    for method, path in sorted(described - code_routes):
        yield "docs/openapi.yaml: %s %s is not registered by any class" % (method, path)


def check_empty():
    """no empty file, no file that nothing builds"""
    for name in FILES:
        if (ROOT / name).stat().st_size == 0 and not name.endswith("__init__.py") and "/corpus/" not in name:
            yield "%s is empty" % name
    for name in under("native/", suffixes=(".c",)):
        if len(name.split("/")) != 4:
            yield "%s: CMake takes native/src/MODULE/FILE.c only" % name


def check_format():
    """clang-format has nothing to change"""
    for name in C_ALL:
        done = subprocess.run(["clang-format", "--dry-run", "-Werror", name], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            yield (done.stderr.strip().split("\n") or [name])[0] + "   (./ccr format)"


def check_clang_tidy(folder):
    """clang-tidy finds nothing in the core"""
    units = [name for name in C_CORE + C_SHIM if name.endswith(".c")]
    known = (Path(folder) / "compile_commands.json").read_text(encoding="utf-8")
    units = [name for name in units if str(ROOT / name) in known]
    if not units:
        yield "%s/compile_commands.json names no file of the core" % folder

    def run(commands, name):
        done = subprocess.run(["clang-tidy", "--quiet", "-p", commands, "--extra-arg=-Wno-unknown-warning-option", name],
                              cwd=ROOT, capture_output=True, text=True)
        found = [line.replace(str(ROOT) + "/", "") for line in done.stdout.split("\n") if re.search(r": (error|warning): ", line)]
        return found or (["%s: clang-tidy failed: %s" % (name, done.stderr[-300:])] if done.returncode else [])

    with tempfile.TemporaryDirectory() as without, ThreadPoolExecutor(os.cpu_count()) as pool:
        (Path(without) / "compile_commands.json").write_text(re.sub(r" -mmemset-strategy=\S+", "", known), encoding="utf-8")  # gcc's own
        for found in pool.map(lambda name: run(without, name), units):
            yield from found


def check_library(library):
    """the library shows JNI_On* alone, needs libc alone, and is hardened"""
    def tool(*command):
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    symbols = [line.split()[-1] for line in tool("nm", "-D", "--defined-only", library).split("\n") if line]
    if "JNI_OnLoad" not in symbols:
        yield "JNI_OnLoad is not exported"
    for symbol in symbols:
        if not symbol.startswith("JNI_On"):
            yield "exports %s" % symbol
    dynamic = tool("readelf", "-W", "-d", library)
    for needed in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
        if needed not in ("libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"):
            yield "needs %s" % needed
    segments = tool("readelf", "-W", "-l", library)
    if "GNU_RELRO" not in segments or "BIND_NOW" not in dynamic and "NOW" not in dynamic:
        yield "is not linked with full RELRO"
    if re.search(r"GNU_STACK.*RWE", segments) or "GNU_STACK" not in segments:
        yield "has an executable stack"
    if re.search(r"\((RPATH|RUNPATH|TEXTREL)\)", dynamic):
        yield "has a run path or text relocations"
    undefined = tool("nm", "-D", "--undefined-only", library)
    if "__stack_chk_fail" not in undefined:
        yield "is built without stack protector"
    if not re.search(r"__(memcpy|snprintf|vsnprintf)_chk", undefined):
        yield "is built without fortified functions"
    if "X86-64" in tool("readelf", "-h", library):
        # The mark of the whole library is lost to archives without it; our own functions must be good jump targets.
        start = next(int(line.split()[0], 16) for line in tool("nm", "-D", library).split("\n") if line.endswith(" JNI_OnLoad"))
        if "endbr64" not in tool("objdump", "-d", "--start-address=%d" % start, "--stop-address=%d" % (start + 4), library):
            yield "is built without control-flow protection"
    content = Path(library).read_bytes()
    if str(ROOT).encode() in content:
        yield "holds the path of its source tree"


def sbom_findings(text):
    """What is wrong with the list of what is linked."""
    bom = json.loads(text)
    listed = {part["name"]: part for part in bom.get("components", [])}
    if bom.get("bomFormat") != "CycloneDX" or set(listed) != {"zstd", "lz4", "protobuf-c", "libdeflate"}:
        yield "sbom.cdx.json lists %s" % sorted(listed)
    for name, part in listed.items():
        if not re.fullmatch(r"\d+(\.\d+)+", part["version"]) or part["purl"] != "pkg:generic/%s@%s" % (name, part["version"]):
            yield "sbom.cdx.json: %s has version %s and purl %s" % (name, part["version"], part["purl"])
    if "@" in json.dumps(bom["metadata"]):
        yield "sbom.cdx.json: a variable was not filled in"


def check_zip(path):
    """the zip holds what it should and nothing else"""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        descriptor = archive.read("plugin-descriptor.properties").decode()
        sbom = archive.read("sbom.cdx.json") if "sbom.cdx.json" in names else b"{}"
    jars = [name for name in names if name.endswith(".jar")]
    if len(jars) != 1:
        yield "jars: %s" % jars
    for wanted in ["plugin-descriptor.properties", "LICENSE.txt", "NOTICE.txt", "licenses/zstd.txt", "licenses/lz4.txt",
                   "licenses/protobuf-c.txt", "licenses/libdeflate.txt", "sbom.cdx.json"]:
        if wanted not in names:
            yield "%s is missing" % wanted
    if "sbom.cdx.json" in names:
        yield from sbom_findings(sbom)
    if not any(re.fullmatch(r"native/linux-\w+/libccr_jni\.so", name) for name in names):
        yield "no native/<os>-<arch>/libccr_jni.so"
    if "plugin-security.policy" in names:
        yield "has a security policy: the installer would ask"
    for line in ["name=opensearch-cross-cluster-replication", "classname=org.opensearch.ccr.CcrPlugin", "java.version=21",
                 "opensearch.version=3.6.0", "version=3.6.0.0"]:
        if line not in descriptor.split("\n"):
            yield "the descriptor has no line %s" % line
    for name in names:
        if not re.match(r"native/|licenses/|LICENSE\.txt$|NOTICE\.txt$|sbom\.cdx\.json$|plugin-descriptor\.properties$|[\w.-]+\.jar$", name):
            yield "holds %s" % name


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", help="libccr_jni.so as it is shipped")
    parser.add_argument("--zip", help="the plugin zip")
    parser.add_argument("--compile-commands", help="build folder with compile_commands.json, for clang-tidy")
    options = parser.parse_args()
    checks = [(check.__doc__ or check.__name__[6:].replace("_", " "), check, ()) for check in (
        check_banned_c, check_banned_java, check_file_length, check_c_function_length, check_java_method_length, check_modules,
        check_packages, check_packages_notice,
        check_jni_includes, check_essays, check_imports, check_comments, check_prefixes, check_messages, check_places, check_routes, check_empty, check_format)]
    for option, check in [(options.compile_commands, check_clang_tidy), (options.library, check_library), (options.zip, check_zip)]:
        if option:
            checks.append((check.__doc__, check, (option,)))
        else:
            print("left out: %s" % check.__doc__)
    for tool in ["clang-format"] + (["clang-tidy"] if options.compile_commands else []):
        if not shutil.which(tool):
            sys.exit("tidy: %s is missing" % tool)
    failed = 0
    for title, check, arguments in checks:
        findings = list(check(*arguments))
        failed += bool(findings)
        print("%s %s" % ("FAIL" if findings else "ok  ", title))
        for finding in findings:
            print("     " + finding)
    print("%d passed, %d failed" % (len(checks) - failed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
