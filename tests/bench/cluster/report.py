"""The readable table, beside the targets."""

# section, text, path to the value in the results, unit, target: an upper bound, a path to one, or none
ROWS = [
    ("alone", "leader alone", ("alone", "leader", "docs_per_s"), "docs/s", None),
    ("alone", "leader alone, CPU", ("alone", "leader", "cpu_s"), "s", None),
    ("alone", "follower's own bulk", ("alone", "follower", "docs_per_s"), "docs/s", None),
    ("alone", "follower's own bulk, CPU", ("alone", "follower", "cpu_s"), "s", None),
    ("both own loads at once, nothing replicated", "leader", ("beside", "leader_docs_per_s"), "docs/s", None),
    ("both own loads at once, nothing replicated", "all on both", ("beside", "total_seconds"), "s", None),
    ("both own loads at once, nothing replicated", "leader CPU against alone", ("ratios", "leader_cpu_beside"), "x", None),
    ("both own loads at once, nothing replicated", "follower CPU against alone", ("ratios", "follower_cpu_beside"), "x", None),
    ("live", "leader with replication", ("live", "leader_docs_per_s"), "docs/s", None),
    ("live", "leader rate against alone", ("ratios", "leader_rate"), "x", None),
    ("live", "end to end", ("live", "docs_per_s"), "docs/s", None),
    ("live", "load began until all on the follower", ("live", "total_seconds"), "s", ("ratios", "live_bound_s")),
    ("live", "last ack until all on the follower", ("live", "after_last_ack_s"), "s", None),
    ("live", "leader CPU against alone", ("ratios", "leader_cpu"), "x", 1.05),
    ("live", "  of one round, least", ("ratios", "leader_cpu_least"), "x", None),
    ("live", "  of one round, most", ("ratios", "leader_cpu_most"), "x", None),
    ("live", "follower CPU against its own bulk", ("ratios", "follower_cpu"), "x", 1.0),
    ("live", "  of one round, least", ("ratios", "follower_cpu_least"), "x", None),
    ("live", "  of one round, most", ("ratios", "follower_cpu_most"), "x", None),
    ("live", "leader CPU against both loads at once", ("ratios", "leader_cpu_by_replication"), "x", None),
    ("live", "follower CPU against both loads at once", ("ratios", "follower_cpu_by_replication"), "x", None),
    ("live", "bytes leader -> follower per document", ("live", "bytes_down_per_doc"), "B", 90),
    ("live", "source bytes per document", ("live", "source_bytes_per_doc"), "B", None),
    ("live", "leader resident memory", ("live", "leader_rss_mb"), "MB", None),
    ("live", "follower resident memory", ("live", "follower_rss_mb"), "MB", None),
    ("lag", "rate reached", ("lag", "rate"), "docs/s", None),
    ("lag", "p50", ("lag", "p50_ms"), "ms", 10),
    ("lag", "p90", ("lag", "p90_ms"), "ms", None),
    ("lag", "p99", ("lag", "p99_ms"), "ms", 60),
    ("lag", "max", ("lag", "max_ms"), "ms", 250),
    ("lag", "leader's own ack, p50", ("lag", "leader_ack_p50_ms"), "ms", None),
    ("lag", "leader's own ack, p99", ("lag", "leader_ack_p99_ms"), "ms", None),
    ("lag", "leader's own ack, max", ("lag", "leader_ack_max_ms"), "ms", None),
    ("lag", "bytes both ways per document", ("lag", "bytes_both_ways_per_doc"), "B", 498),
    ("lag", "leader CPU, share of a core", ("lag", "leader_cpu_share"), "", None),
    ("lag", "follower CPU, share of a core", ("lag", "follower_cpu_share"), "", None),
    ("sparse", "a document every 3 s, median", ("sparse", "median_ms"), "ms", 20),
    ("sparse", "a document every 3 s, max", ("sparse", "max_ms"), "ms", None),
    ("sparse", "a document after a long rest", ("rest", "max_ms"), "ms", 20),
    ("metadata", "mapping change to follower, p50", ("metadata", "mapping", "p50_ms"), "ms", None),
    ("metadata", "mapping change to follower, max", ("metadata", "mapping", "max_ms"), "ms", 1000),
    ("metadata", "alias change to follower, p50", ("metadata", "alias", "p50_ms"), "ms", None),
    ("metadata", "alias change to follower, max", ("metadata", "alias", "max_ms"), "ms", 1000),
    ("metadata", "setting change to follower, p50", ("metadata", "setting", "p50_ms"), "ms", None),
    ("metadata", "setting change to follower, max", ("metadata", "setting", "max_ms"), "ms", 1000),
    ("auto-follow", "new index to being followed, p50", ("auto_follow", "p50_ms"), "ms", None),
    ("auto-follow", "new index to being followed, max", ("auto_follow", "max_ms"), "ms", 2000),
    ("bootstrap", "segments", ("bootstrap", "segments_mb"), "MB", None),
    ("bootstrap", "on the link", ("bootstrap", "mb_on_the_link"), "MB", ("bootstrap", "segments_mb")),
    ("bootstrap", "_start until SYNCING", ("bootstrap", "seconds_until_syncing"), "s", None),
    ("bootstrap", "recovery, scaled to 100 MB", ("ratios", "bootstrap_s_per_100_mb"), "s", 0.7),
    ("bootstrap", "  of the first copy of all", ("ratios", "first_bootstrap_s_per_100_mb"), "s", None),
]


def dig(results, path):
    """The value at a path of keys, or None."""
    for key in path:
        if not isinstance(results, dict) or key not in results:
            return None
        results = results[key]
    return results


def ratios(results):
    """The figures that are comparable between machines."""
    alone, live = results["alone"], results["live"]
    cores = results["machine"]["cores"]
    found = {
        "leader_rate": live["leader_docs_per_s"] / alone["leader"]["docs_per_s"],
        **cpu_ratios(results["all_rounds"]),
        # Both nodes share the cores: this is what a perfect overlap would take, and 15 % for the work between.
        "live_bound_s": 1.15 * (alone["leader"]["cpu_s"] + alone["follower"]["cpu_s"]) / cores,
        "bytes_per_source_byte": live["bytes_down_per_doc"] / live["source_bytes_per_doc"],
    }
    for name, boot in (("bootstrap", results["bootstrap"]), ("first_bootstrap", results["all_bootstraps"][0])):
        found[f"{name}_s_per_100_mb"] = boot["seconds_of_recovery"] * 100 / boot["segments_mb"]
    return found


def cpu_ratios(rounds):
    """CPU of a node with replication to that of the same load alone: over all rounds, and the least and the most of one.

    The same load alone differs by a fifth between rounds here; a median of three would be the ratio of two such accidents.
    What is beyond 1 is partly the price of a second busy process on the same cores, whoever it is: the ratios to both own
    loads at once are without it.
    """
    found = {}
    for node in ("leader", "follower"):
        cpu = f"{node}_cpu_s"
        alone, beside, live = (sum(values) for values in zip(
            *((one[node]["cpu_s"], one["beside"][cpu], one["live"][cpu]) for one in rounds)))
        each = [one["live"][cpu] / one[node]["cpu_s"] for one in rounds]
        found[f"{node}_cpu"] = live / alone
        found[f"{node}_cpu_least"], found[f"{node}_cpu_most"] = min(each), max(each)
        found[f"{node}_cpu_beside"] = beside / alone
        found[f"{node}_cpu_by_replication"] = live / beside
    return found


def table(results):
    """Text lines: value, target, and whether it is met."""
    machine = results["machine"]
    lines = [f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mb']} MB, {machine['system']}, "
             f"kernel {machine['kernel']}, JDK {machine['jdk']}",
             f"OpenSearch {machine['opensearch']}, plugin {machine['plugin_sha256'][:12]}, {machine['date']}; "
             f"{results['documents']} documents, bulk {results['bulk']}, {results['clients']} clients, "
             f"median of {results['rounds']}", ""]
    section = None
    for name, text, path, unit, target in ROWS:
        value = dig(results, path)
        if value is None:
            continue
        if name != section:
            lines.append(f"{name}")
            section = name
        bound = dig(results, target) if isinstance(target, tuple) else target
        mark = "" if bound is None else f"<= {bound:,.4g} {unit}".ljust(16) + ("met" if value <= bound else "MISSED")
        lines.append(f"  {text:<40}{_number(value):>12} {unit:<7}{mark}")
    return "\n".join(lines)


def _number(value):
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
