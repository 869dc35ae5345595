#!/usr/bin/env python3
"""fuzz.py BUILD_FOLDER [--seconds N] [--jobs N] [TARGET ...]: fuzzes each target for N seconds.

What a target finds interesting is kept in BUILD_FOLDER/corpus/TARGET and used again by the next run; tests/fuzz/corpus is
read only. An input that fails stays in BUILD_FOLDER/failed/TARGET-...; put it into tests/fuzz/corpus/TARGET as regress-...
with its fix. The last line is "N passed, N failed", one for each target.
"""
import argparse
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LENGTH_MAX = 4096


def last(pattern, text):
    found = re.findall(pattern, text)
    return found[-1] if found else "-"


def fuzz(build, name, seconds):
    kept, failed, log = build / "corpus" / name, build / "failed", build / "logs" / (name + ".log")
    for folder in (kept, failed, log.parent):
        folder.mkdir(parents=True, exist_ok=True)
    command = [str(build / "tests" / ("fuzz_" + name)), "-max_total_time=%d" % seconds, "-max_len=%d" % LENGTH_MAX,
               "-timeout=30", "-rss_limit_mb=2048", "-print_final_stats=1", "-artifact_prefix=%s/%s-" % (failed, name),
               str(kept), str(ROOT / "tests/fuzz/corpus" / name)]
    with open(log, "wb") as out:
        status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    text = log.read_text(errors="replace")
    executions = last(r"stat::number_of_executed_units:\s*(\d+)", text)
    if status == 0 and executions in ("-", "0"):
        status = 1  # a run of nothing is no success
    row = (name, executions, last(r"cov: (\d+)", text), last(r"ft: (\d+)", text), last(r"corp: (\d+)", text))
    return status, "%-12s %11s %6s %6s %6s" % row, text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=lambda p: Path(p).resolve())
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args()
    sources = {p.stem for p in (ROOT / "tests/fuzz").glob("fuzz_*.c")}  # a build folder keeps programs of sources that went
    there = sorted(name[5:] for name in sources if (options.build / "tests" / name).is_file())
    targets = options.targets or there
    unknown = set(targets) - set(there)
    if unknown or not there:
        sys.exit("fuzz: no target [%s]; there are: %s" % (" ".join(sorted(unknown)), " ".join(there)))
    print("%-12s %11s %6s %6s %6s" % ("target", "executions", "edges", "feats", "inputs"), flush=True)
    bad = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for name, (status, row, text) in zip(targets, pool.map(lambda t: fuzz(options.build, t, options.seconds), targets)):
            print(row + ("  FAILED" if status else ""), flush=True)
            if status:
                bad += 1
                print("\n".join(text.splitlines()[-40:]))
    print("%d passed, %d failed" % (len(targets) - bad, bad))
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
