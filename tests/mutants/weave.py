#!/usr/bin/env python3
"""Weaves the bugs of mutants.toml into copies of the core's sources.

    weave.py SOURCE_FOLDER OUTPUT_FOLDER

Prints one line for each file that has a woven copy: its path below SOURCE_FOLDER. Each bug stands in its copy beside the
text that it replaces, behind a test of ccr_mutant, so that one build holds them all. A text that is not found, or in more
than one place, ends it with an error: the list has to be brought up to date with the sources.
"""
import sys
import tomllib
from pathlib import Path

TABLE = Path(__file__).resolve().parent / "mutants.toml"


def load():
    """The mutants in order; number n, from 1, is what CCR_MUTANT names."""
    mutants = tomllib.loads(TABLE.read_text(encoding="utf-8"))["mutant"]
    for number, mutant in enumerate(mutants, 1):
        mutant["number"] = number
        mutant["where"] = mutant.get("where", mutant["good"]).strip("\n")
    names = [mutant["name"] for mutant in mutants]
    if len(set(names)) != len(names):
        sys.exit("mutants.toml: two mutants of one name")
    return mutants


def place(source, mutant):
    """First and last position of the text that is replaced."""
    where, good = mutant["where"], mutant["good"]
    if source.count(where) != 1 or where.count(good) != 1:
        sys.exit("mutants.toml: [%s]: %d places in native/src/%s, expected one; bring the list up to date" %
                 (mutant["name"], source.count(where), mutant["file"]))
    start = source.index(where) + where.index(good)
    return start, start + len(good)


def woven(good, mutants):
    """The source text with all bugs of this place."""
    text = good
    for mutant in mutants:
        test, bad = "ccr_mutant == %d" % mutant["number"], mutant["bad"]
        if good.endswith(";"):
            text = "if (%s) { %s } else { %s }" % (test, bad, text)
        else:
            text = "(%s ? (%s) : (%s))" % (test, bad, text)
    return text


def weave(source, mutants):
    places = {}
    for mutant in mutants:
        places.setdefault(place(source, mutant), []).append(mutant)
    for (start, end), here in sorted(places.items(), reverse=True):
        source = source[:start] + woven(source[start:end], here) + source[end:]
    return source


def main(source_folder, output_folder):
    files = {}
    for mutant in load():
        files.setdefault(mutant["file"], []).append(mutant)
    for name, mutants in files.items():
        path = Path(source_folder) / name
        text = 'extern int ccr_mutant;\n#line 1 "%s"\n%s' % (path, weave(path.read_text(encoding="utf-8"), mutants))
        copy = Path(output_folder) / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists() or copy.read_text(encoding="utf-8") != text:
            copy.write_text(text, encoding="utf-8")
        print(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
