"""Measures replication between two real loopback clusters: `./ccr bench`.

Everything is measured in one run, on one machine, with the same documents: the leader alone, the follower's own bulk,
both at once, and both with replication. Needs OPENSEARCH_HOME, CCR_PLUGIN_ZIP and, for root, CCR_TEST_USER.
"""
import argparse
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "cluster")]

import machine  # noqa: E402
import measures  # noqa: E402
import report  # noqa: E402
from harness import config  # noqa: E402
from harness.node import BENCH_JVM  # noqa: E402
from harness.pair import Pair  # noqa: E402


def parse(arguments):
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="60 000 documents, one round, short phases")
    parser.add_argument("--documents", type=int, help="documents of a round (300 000)")
    parser.add_argument("--rounds", type=int, help="rounds, the median counts (3)")
    parser.add_argument("--bulk", type=int, default=1000, help="documents of a bulk request (1000)")
    parser.add_argument("--clients", type=int, default=2, help="bulk clients (2)")
    parser.add_argument("--rate", type=float, default=200, help="single documents per second of the lag phase (200)")
    parser.add_argument("--lag-seconds", type=float, help="length of the lag phase (30)")
    parser.add_argument("--rest", type=float, help="rest before one document, in seconds (92; 0 leaves it out)")
    parser.add_argument("--codec", choices=("zstd", "lz4", "none"), help="codec of the follower (the default one)")
    parser.add_argument("--heap", default="1g", help="heap of each node (1g)")
    parser.add_argument("--json", metavar="FILE", help="write the results as JSON; - for standard output")
    options = parser.parse_args(arguments)
    quick = options.quick
    options.documents = options.documents or (60_000 if quick else 300_000)
    options.rounds = options.rounds or (1 if quick else 3)
    options.lag_seconds = options.lag_seconds or (10 if quick else 30)
    options.rest = (0 if quick else 92) if options.rest is None else options.rest
    return options


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def median(rounds):
    """The median of each figure over the rounds; figures may lie in nested dicts."""
    first = rounds[0]
    if isinstance(first, dict):
        return {key: median([one[key] for one in rounds]) for key in first}
    return sorted(rounds)[len(rounds) // 2]


def drop(pair, index):
    """Ends a replication and removes both indices, so that the next phase meets quiet nodes."""
    pair.drop(index)


def warm_up(pair, options):
    """Lets the compilers see every path before the clock runs."""
    documents = measures.Documents(max(20_000, options.documents // 4), options.bulk, seed=99)
    for cluster in (pair.leader, pair.follower):
        measures.alone(cluster, "warm", documents, options.clients)
        cluster.delete_index("warm")
    measures.live(pair, "warm-live", documents, options.clients)
    drop(pair, "warm-live")


def bulk_rounds(pair, options):
    """Leader alone, follower alone, both at once, both with replication: so many times. Every other round goes
    backwards, so that drift hits all alike."""
    documents = measures.Documents(options.documents, options.bulk)
    rounds = []
    for number in range(options.rounds):
        index, last = f"live-{number}", number + 1 == options.rounds
        say(f"round {number + 1} of {options.rounds}")
        steps = {"leader": lambda: own_load(pair.leader, documents, options),
                 "follower": lambda: own_load(pair.follower, documents, options),
                 "beside": lambda: own_loads(pair, documents, options),
                 "live": lambda: measures.live(pair, index, documents, options.clients)}
        one = {}
        for what in list(steps) if number % 2 == 0 else reversed(list(steps)):
            one[what] = steps[what]()
            rate = one[what]["docs_per_s" if what in ("leader", "follower") else "leader_docs_per_s"]
            say(f"  {what}: {rate:,.0f} docs/s, CPU " + ", ".join(
                f"{value:.1f} s" for key, value in one[what].items() if key.endswith("cpu_s")))
            if what == "live" and not last:
                drop(pair, index)
        rounds.append(one)
    say(f"comparing everything: {pair.same(index, timeout=300)} documents are equal")
    return rounds, index


def own_load(cluster, documents, options):
    """A cluster's own load; leaves nothing behind."""
    found = measures.alone(cluster, "alone", documents, options.clients)
    cluster.delete_index("alone")
    return found


def own_loads(pair, documents, options):
    """The own loads of both clusters at the same time; leaves nothing behind."""
    found = measures.beside(pair, "beside", documents, options.clients)
    for cluster in (pair.leader, pair.follower):
        cluster.delete_index("beside")
    return found


def copies(pair, index, options):
    """Bootstraps of an index that is there, one after another, each compared with it."""
    found = []
    for number in range(options.rounds):
        say(f"bootstrap {number + 1} of {options.rounds}, of the same {options.documents} documents")
        found.append(measures.bootstrap(pair, index, "copy"))
        pair.same(index, "copy", timeout=300)
        pair.stop_replication("copy")
        pair.follower.delete_index("copy")
        say(f"  recovery: {found[-1]['seconds_of_recovery']:.3f} s")
    return found


def run(options):
    """Runs all phases; answers the results."""
    results = {"machine": machine.describe(), "documents": options.documents, "bulk": options.bulk,
               "clients": options.clients, "rounds": options.rounds, "heap": options.heap,
               "codec": options.codec or "default"}
    pair = Pair(name="bench", jvm=BENCH_JVM, heap=options.heap)
    try:
        say("starting two clusters")
        pair.start()
        if options.codec:
            pair.follower.settings(plugins__replication__follower__codec=options.codec)
        say("warming up")
        warm_up(pair, options)
        results["all_rounds"], kept = bulk_rounds(pair, options)
        middle = median(results["all_rounds"])
        results["live"] = middle.pop("live")
        results["beside"] = middle.pop("beside")
        results["alone"] = middle
        pair.stop_replication(kept)
        results["all_bootstraps"] = copies(pair, kept, options)
        results["bootstrap"] = median(results["all_bootstraps"])
        drop(pair, kept)
        say(f"lag at {options.rate:g} documents/s for {options.lag_seconds:g} s")
        results["lag"] = measures.lag(pair, "lag", options.rate, options.lag_seconds)
        say("sparse documents")
        results["sparse"] = measures.sparse(pair, "lag", 3 if options.quick else 10, 3.0)
        say("changes of metadata, new indices")
        results["metadata"] = measures.metadata(pair, "lag")
        results["auto_follow"] = measures.auto_follow(pair, "new")
        if options.rest:
            say(f"one document after a rest of {options.rest:g} s")
            results["rest"] = measures.sparse(pair, "lag", 1, options.rest)
        pair.same("lag")
        results["ratios"] = report.ratios(results)
        signs = pair.fatal_signs()
        if signs:
            raise AssertionError("signs of a broken node: " + "; ".join(signs[:5]))
        return results
    except BaseException:
        config.keep = True
        print(pair.tail(), file=sys.stderr)
        raise
    finally:
        pair.close()


def main(arguments=None):
    options = parse(arguments)
    results = run(options)
    text = json.dumps(results, indent=1)
    if options.json == "-":
        print(text)
        print(report.table(results), file=sys.stderr)
        return 0
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            out.write(text + "\n")
    print(report.table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
