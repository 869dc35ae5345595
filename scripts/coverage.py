#!/usr/bin/env python3
"""coverage.py BUILD_FOLDER: lines of the core that the tests of that build executed, by file and together."""
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

build = Path(sys.argv[1]).resolve()
root = Path(__file__).resolve().parent.parent
lines = {}
for data in sorted((build / "native").rglob("*.gcda")):
    out = subprocess.run(["gcov", "--json-format", "--stdout", str(data)], cwd=data.parent, capture_output=True, check=True).stdout
    for file in json.loads(gzip.decompress(out) if out[:2] == b"\x1f\x8b" else out)["files"]:
        name = os.path.relpath(os.path.join(root, file["file"]), root)
        if name.startswith("native/"):
            counts = lines.setdefault(name, {})
            for line in file["lines"]:
                counts[line["line_number"]] = counts.get(line["line_number"], 0) + line["count"]
if not lines:
    sys.exit("coverage: no data in %s" % build)
for name, counts in sorted(lines.items()):
    print("%5.1f %%  %s" % (100 * sum(map(bool, counts.values())) / len(counts), name))
total = [count for counts in lines.values() for count in counts.values()]
print("%5.1f %%  of %d lines" % (100 * sum(map(bool, total)) / len(total), len(total)))
