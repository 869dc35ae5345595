#!/usr/bin/env python3
"""Runs the core's tests of a build folder under memcheck.

    valgrind.py BUILD_FOLDER [--all] [--seeds N] [--only TEXT] [--jobs N]

The parsers of hostile bytes, over their fuzz corpora, and a few seeds of the simulator: half a minute. With --all everything
that ctest knows there: units, damage, sweeps, threads, all corpora; many minutes, since Criterion starts a process for each
test. It sees what the sanitizers do not: the libraries that are linked in (zstd, LZ4, libdeflate, protobuf-c) and what was never written to.
Criterion hides how its processes end, so each process has a log, and any word in it is a failure. The last line is
"N passed, N failed".
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TIMEOUT = 900
PARSERS = {"fuzz_messages", "fuzz_chunk", "fuzz_codec", "fuzz_tlog_format", "fuzz_frame", "fuzz_verify", "sim"}
MEMCHECK = ["valgrind", "--quiet", "--trace-children=yes", "--leak-check=full", "--num-callers=20",
            "--show-leak-kinds=definite,indirect,possible", "--errors-for-leak-kinds=definite,indirect,possible"]


def tests(build, seeds):
    """(name, command) of every test, the longest first."""
    listing = subprocess.run(["ctest", "--show-only=json-v1"], cwd=build, check=True, capture_output=True).stdout
    found = []
    for test in json.loads(listing)["tests"]:
        command = test["command"]
        if test["name"] == "sim":
            command = [command[0], "--seeds", "1", str(seeds), "--brief"]
        found.append((test["name"], command))
    return sorted(found, key=lambda test: (not test[0].startswith(("sim", "fuzz", "test_tlog")), test[0]))


def run(name, command, logs):
    """What is wrong, or nothing."""
    try:
        done = subprocess.run(MEMCHECK + ["--log-file=%s/%s.%%p" % (logs, name)] + command, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return "not done within %d s" % TIMEOUT
    words = "".join(log.read_text(errors="replace") for log in sorted(logs.glob(name + ".*")))
    if done.returncode != 0:
        words += done.stdout.decode(errors="replace")[-2000:]
    return words


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--seeds", type=int, default=0, help="of the simulator; 10, with --all 60")
    parser.add_argument("--only", default="", help="tests whose name contains this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    logs = Path(tempfile.mkdtemp(prefix="ccr-valgrind-"))
    seeds = args.seeds or (60 if args.all else 10)
    chosen = [test for test in tests(args.build, seeds) if args.only in test[0] and (args.all or args.only or test[0] in PARSERS)]
    if not (args.all or args.only) and {name for name, _ in chosen} != PARSERS:
        sys.exit("valgrind: ctest knows only %s" % " ".join(sorted(name for name, _ in chosen)))
    failed = 0
    try:
        with ThreadPoolExecutor(args.jobs) as pool:
            for (name, _), words in zip(chosen, pool.map(lambda test: run(*test, logs), chosen)):
                print("%s %s" % ("FAIL" if words else "ok  ", name), words, flush=True)
                failed += bool(words)
    finally:
        shutil.rmtree(logs)
    print("%d passed, %d failed" % (len(chosen) - failed, failed))
    sys.exit(1 if failed or not chosen else 0)


if __name__ == "__main__":
    main()
