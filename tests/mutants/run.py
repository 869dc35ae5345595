#!/usr/bin/env python3
"""Lets the bugs of mutants.toml live one after the other: the simulator or the unit tests have to notice each of them.

    run.py BUILD_FOLDER [--seeds N] [--only TEXT] [--jobs N]

BUILD_FOLDER was built with CCR_MUTANTS=ON. First everything must pass without a bug. Then, for each bug, the simulator
runs until its first seed that fails and the unit tests of the bug's module until their first test that fails. The table
says what noticed it; the last line is "N passed, N failed": bugs that were noticed, and those that were not.
"""
import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import weave

# What a program that hangs gets before it counts as a failure: many times what the slowest takes.
TIMEOUT = 60
# Programs of a module, those that know it best first.
PROGRAMS = {
    "base": ["test_budget", "test_buf", "test_follower_fetch"],
    "op": ["test_op", "test_wire", "damage_tlog"],
    "tlog": ["test_tlog_find", "test_tlog_live", "test_tlog_format", "damage_tlog", "test_tlog_golden", "tlog_sweep"],
    "codec": ["test_codec", "test_wire", "test_chunk", "test_steady"],
    "wire": ["test_wire", "damage_wire", "test_tail", "test_chunk"],
    "leader": ["test_leader", "test_session_leader", "leader_sweep"],
    "follower": ["test_follower_fetch", "test_follower_apply", "test_follower_life", "test_follower_backoff",
                 "test_follower_lease", "test_follower_metadata", "test_follower_states"],
    "digest": ["test_digest", "test_session_verify", "test_verify"],
    "verify": ["test_verify", "test_session_verify"],
    "judge": ["test_judge"],
    "session": ["test_session", "test_session_follower", "test_session_leader", "tsan_tsan_session", "tsan_tsan_close", "fuzz_call"],
}


def run(command, number):
    """(did it fail, what it printed); hanging is a failure."""
    env = dict(os.environ, CCR_MUTANT=str(number))
    try:
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return True, "FAILED: hangs"
    text = done.stdout.decode(errors="replace")
    if done.returncode < 0:
        text += "\nFAILED: signal %d" % -done.returncode
    return done.returncode != 0 or "Tested: 0 " in text, text


def first(pattern, text, default):
    match = re.search(pattern, text, re.M)
    return match.group(1).strip() if match else default


def by_simulator(build, number, seeds):
    failed, text = run([build / "tests/ccr_sim", "--seeds", "1", str(seeds), "--brief"], number)
    if not failed:
        return ""
    return "seed %s: %s" % (first(r"^SEED=(\d+)", text, "?"), first(r"^FAILED.*?: (.*)$", text, "crashes"))


def command_of(build, program):
    path = build / "tests" / program
    if program.startswith("fuzz_"):
        return [path, Path(__file__).resolve().parent.parent / "fuzz/corpus" / program[len("fuzz_"):]]
    return [path] if program.startswith("tsan_") else [path, "--jobs", "1", "--fail-fast"]


def by_units(build, number, programs):
    for program in programs:
        failed, text = run(command_of(build, program), number)
        if failed:
            return "%s: %s" % (program, first(r"^\[(?:FAIL|CRASH!?|ERR|TIMEOUT)\s*\] (\S+?):? ", text,
                                              first(r"^FAILED: (.*)$", text, "fails")))
    return ""


def judge(build, mutant, seeds):
    start = time.monotonic()
    sim = by_simulator(build, mutant["number"], max(seeds, mutant.get("seeds", 0)))
    units = by_units(build, mutant["number"], PROGRAMS[mutant["file"].split("/")[0]])
    good = bool(sim) if mutant.get("simulator") else bool(sim or units)
    return mutant, good, sim, units, time.monotonic() - start


def shrinks(build, mutant, seeds):
    """A seed that fails is made smaller, and the arguments that are printed then fail again."""
    _, text = run([build / "tests/ccr_sim", "--seeds", "1", str(seeds)], mutant["number"])
    smallest = first(r"^the smallest run found: (.*)$", text, "")
    failed, _ = run([build / "tests/ccr_sim", "--brief"] + smallest.replace("--trace", "").split(), mutant["number"])
    print("shrunk: %s" % (smallest or "not at all"))
    return bool(smallest) and failed


def control(build, seeds):
    """Without a bug everything passes; else what follows proves nothing."""
    sim = by_simulator(build, 0, seeds)
    units = by_units(build, 0, sorted({program for programs in PROGRAMS.values() for program in programs}))
    if sim or units:
        print("without a bug: %s %s" % (sim, units))
        print("0 passed, 1 failed")
        sys.exit(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=Path)
    parser.add_argument("--seeds", type=int, default=400)
    parser.add_argument("--only", default="", help="bugs whose name contains this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    mutants = [mutant for mutant in weave.load() if args.only in mutant["name"]]
    control(args.build, args.seeds)
    print("%-3s  %-66s  %-72s  %s" % ("", "bug", "noticed by the simulator", "noticed by the units"))
    passed, failed, simulator, units_only = 0, 0, 0, 0
    with ThreadPoolExecutor(args.jobs) as pool:
        for mutant, good, sim, units, seconds in pool.map(lambda m: judge(args.build, m, args.seeds), mutants):
            passed, failed = passed + good, failed + (not good)
            simulator, units_only = simulator + bool(sim), units_only + bool(units)
            print("%3d  %-66s  %-72s  %s%s" %
                  (mutant["number"], mutant["name"] + " (%s)" % mutant["file"].split("/")[0], sim[:72] or "-",
                   units or "-", "" if good else "   NOT NOTICED%s (%.1f s)" %
                   (" BY THE SIMULATOR" if mutant.get("simulator") else "", seconds)), flush=True)
    if not args.only and not shrinks(args.build, next(m for m in mutants if m.get("simulator")), args.seeds):
        print("a failing seed does not shrink to one that fails")
        failed += 1
    print("%d bugs, %d noticed by the simulator, %d by the unit tests" % (len(mutants), simulator, units_only))
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
