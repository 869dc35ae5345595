#!/usr/bin/env python3
"""count_ctest.py BUILD_FOLDER: prints "PASSED FAILED" of the last ctest run there.

Each Criterion test counts for itself; a program that counts nothing, or that failed without a failed test (a leak that
Criterion does not see, a time-out), counts as one.
"""
import re
import sys
from pathlib import Path

log = (Path(sys.argv[1]) / "Testing" / "Temporary" / "LastTest.log").read_text(encoding="utf-8", errors="replace")
good = bad = 0
for program in re.split(r"^\d+/\d+ Testing: ", log, flags=re.M)[1:]:
    passed = re.search(r"^Test Passed\.", program, flags=re.M) is not None
    counts = re.search(r"Tested: (\d+) \| Passing: (\d+)", program)
    tested, passing = map(int, counts.groups()) if counts else (1, int(passed))
    good += passing
    bad += tested - passing
    if not passed and tested == passing:
        bad += 1
print(good, bad)
