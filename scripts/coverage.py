#!/usr/bin/env python3
"""coverage.py BUILD_FOLDER: what of the core the tests of that build executed, by file, with every line and branch they did not.

Lines are those gcov counts; a branch is one way out of a condition. Fails below LINES or BRANCHES per cent.
"""
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

LINES, BRANCHES = 95, 90


def read(build, root):
    """{file: ({line: count}, {line: [count of each branch]})}

    By what was compiled and not by what ran: a file that no test links counts with all its lines.
    """
    files = {}
    for data in sorted((build / "native").rglob("*.gcno")):
        out = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout", str(data)], cwd=data.parent,
                             capture_output=True, check=True).stdout
        for file in json.loads(gzip.decompress(out) if out[:2] == b"\x1f\x8b" else out)["files"]:
            name = os.path.relpath(os.path.join(root, file["file"]), root)
            if not name.startswith("native/"):
                continue
            lines, branches = files.setdefault(name, ({}, {}))
            for line in file["lines"]:
                number = line["line_number"]
                lines[number] = lines.get(number, 0) + line["count"]
                counts = [b["count"] for b in line["branches"]]
                known = branches.setdefault(number, [0] * len(counts))
                if len(known) == len(counts):
                    branches[number] = [a + b for a, b in zip(known, counts)]
    return files


def ranges(numbers):
    """[3, 4, 5, 9] as "3-5 9"."""
    out = []
    for n in sorted(numbers):
        if out and n == out[-1][1] + 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return " ".join(str(a) if a == b else "%d-%d" % (a, b) for a, b in out)


def share(counts):
    counts = list(counts)
    return 100 * sum(map(bool, counts)) / len(counts) if counts else 100.0


def main():
    build, root = Path(sys.argv[1]).resolve(), Path(__file__).resolve().parent.parent
    files = read(build, root)
    if not any(count for lines, _ in files.values() for count in lines.values()):
        sys.exit("coverage: no data in %s" % build)
    print(" lines branches")
    for name, (lines, branches) in sorted(files.items()):
        print("%5.1f %%  %5.1f %%  %s" % (share(lines.values()), share(c for b in branches.values() for c in b), name))
        missed = [n for n, count in lines.items() if count == 0]
        halves = [n for n, counts in branches.items() if 0 in counts and lines[n] > 0]
        if missed:
            print("                  lines not executed: " + ranges(missed))
        if halves:
            print("                  branches not taken at: " + ranges(halves))
    all_lines = [c for lines, _ in files.values() for c in lines.values()]
    all_branches = [c for _, branches in files.values() for b in branches.values() for c in b]
    print("%5.1f %% of %d lines, %.1f %% of %d branches" %
          (share(all_lines), len(all_lines), share(all_branches), len(all_branches)))
    if share(all_lines) < LINES or share(all_branches) < BRANCHES:
        sys.exit("coverage: expected at least %d %% of the lines and %d %% of the branches" % (LINES, BRANCHES))


if __name__ == "__main__":
    main()
