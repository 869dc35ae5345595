"""The order of the Java packages: which may name which, in code or in a comment, and that docs/ARCHITECTURE.md says the same."""
import re

ROOT = "org/opensearch/ccr/"
# What each package may name beside itself and these.
GROUND = {"proto", "settings", "core", "link", "common"}
# Lowest first. One that is not listed here may not exist; one that is named must stand above the line that names it.
MAY_IMPORT = {
    "settings": set(),
    "core": set(),
    "link": set(),
    "common": set(),
    "digest": set(),
    "security": set(),
    "leader": {"digest"},
    "metadata": {"security"},
    "state": {"metadata", "security"},
    "bootstrap": {"leader", "metadata", "security"},
    "verify": {"digest", "leader", "metadata", "security"},
    "follower": {"leader", "metadata", "security", "state"},
    "index": {"bootstrap", "follower", "metadata", "security", "state"},
    "preflight": {"follower", "leader", "security"},
    "stats": {"follower", "leader", "metadata", "state"},
    "status": {"bootstrap", "follower", "index", "leader", "metadata", "security", "state"},
    "action": {"follower", "index", "leader", "metadata", "preflight", "security", "state", "stats", "status", "verify"},
    "bulk": {"action", "index", "metadata", "preflight", "security", "status"},
    "rest": {"action", "bulk", "security", "stats", "status"},
    "autofollow": {"action", "index", "leader", "metadata", "preflight", "rest", "security", "state", "status"},
}


def misplaced(table):
    """Lines of the table that name what does not stand above them: without any, there is no cycle."""
    above = set()
    for package, others in table.items():
        for other in sorted(others - above):
            yield "MAY_IMPORT: %s names %s, which does not stand above it" % (package, other)
        above.add(package)


def upward(sources, table=MAY_IMPORT):
    """sources: path to text. What a file names that its package may not; the plugin's own class may name all."""
    order = {package: place for place, package in enumerate(table)}
    for path, text in sources.items():
        package = path.split(ROOT)[1].rpartition("/")[0]
        if not package:
            continue
        if package not in table:
            yield "%s: package %s is not in MAY_IMPORT" % (path, package)
            continue
        named = set(re.findall(r"\borg\.opensearch\.ccr\.([a-z]\w*)", text)) - {package}
        for other in sorted(named - table[package]):
            ground = other in GROUND and (package not in GROUND or order.get(other, -1) < order[package])
            if not ground:
                yield "%s: names %s, which %s may not" % (path, other, package)


def described(document, table=MAY_IMPORT):
    """Where the table of docs/ARCHITECTURE.md differs: each package has a row, its last column names what it may import."""
    rows = {}
    for places, uses in re.findall(r"^\| (`[^|]*) \|[^|]*\| ([^|]*)\|$", document, flags=re.M):
        for package in re.findall(r"`(?:jni-shim/java/)?…/(\w+)`", places):
            rows[package] = set(re.findall(r"`(\w+)`", uses))
    for package in sorted(set(table) | set(rows)):
        if rows.get(package) != table.get(package):
            yield "docs/ARCHITECTURE.md: %s may use %s, by MAY_IMPORT %s" % (
                package, sorted(rows.get(package, ["nothing: no row"])), sorted(table.get(package, ["nothing: no line"])))


def unnoticed():
    """Mistakes that the rules above must see, and would not."""
    table = {"low": set(), "high": {"low"}}
    path = "java/" + ROOT + "%s/A.java"
    wrong = {
        "an import upwards": upward({path % "low": "import org.opensearch.ccr.high.B;"}, table),
        "a static import upwards": upward({path % "low": "import static org.opensearch.ccr.high.B.C;"}, table),
        "a link upwards in a comment": upward({path % "low": "/** {@link org.opensearch.ccr.high.B} */"}, table),
        "a package without a line": upward({path % "new": "package org.opensearch.ccr.new;"}, table),
        "a cycle in the table": misplaced({"low": {"high"}, "high": {"low"}}),
        "ground on other ground": upward({path % "settings": "import org.opensearch.ccr.common.B;"}),
        "a row with too much": described("| `…/low` | x | `high` |\n| `…/high` | x | `low` |\n", table),
        "a package without a row": described("| `…/low` | x | |\n", table),
    }
    for mistake, findings in wrong.items():
        if not list(findings):
            yield "not noticed: %s" % mistake
    right = {path % "high": "import org.opensearch.ccr.low.B;\nimport org.opensearch.ccr.core.C;", "java/" + ROOT + "P.java": "high"}
    for finding in [*upward(right, table), *described("| `…/low` | x | |\n| `…/high` | x | `low` |\n", table)]:
        yield "found where nothing is wrong: %s" % finding
