"""The measurements. Each one works on a running pair and answers a dict of plain numbers.

CPU seconds are those of the node's process from /proc/PID/stat; bytes are counted by the link in both directions;
times are of the monotonic clock of this process.
"""
import queue
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from harness.load import log_document
from harness.pair import ALIAS, API
from harness.wait import until

INDEX_SETTINGS = {"index.refresh_interval": "1s"}


class Documents:
    """Bulk bodies made beforehand, so that the clients cost little while the clock runs."""

    def __init__(self, count, bulk, seed=1):
        rng = random.Random(seed)
        self.count, self.bodies, self.source_bytes = count, [], 0
        for start in range(0, count, bulk):
            texts = [log_document(rng, number) for number in range(start, min(start + bulk, count))]
            self.source_bytes += sum(len(text) for text in texts)
            self.bodies.append(("".join('{"index":{}}\n' + text + "\n" for text in texts)).encode())


def send(cluster, index, documents, clients):
    """Sends all bodies with so many clients; answers seconds until the last acknowledgement."""
    bodies = queue.SimpleQueue()
    for body in documents.bodies:
        bodies.put(body)
    failures = []

    def client():
        try:
            while True:
                try:
                    body = bodies.get_nowait()
                except queue.Empty:
                    return
                answer = cluster.ok("POST", f"/{index}/_bulk?filter_path=errors", body, ndjson=True)
                if answer["errors"]:
                    raise AssertionError("a bulk item failed")
        except Exception as error:  # told by the caller below
            failures.append(error)

    threads = [threading.Thread(target=client, daemon=True) for _ in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    if failures:
        raise failures[0]
    return took


def alone(cluster, index, documents, clients):
    """A cluster's own bulk rate: nothing else runs."""
    cluster.create_index(index, settings=INDEX_SETTINGS)
    node = cluster.nodes[0]
    cpu = node.cpu_seconds()
    seconds = send(cluster, index, documents, clients)
    return {"seconds": seconds, "docs_per_s": documents.count / seconds, "cpu_s": node.cpu_seconds() - cpu,
            "rss_mb": node.rss_bytes() / 1e6}


def beside(pair, index, documents, clients):
    """Both clusters take the same load at the same time and nothing is replicated: what two busy nodes cost each other."""
    def load(cluster):
        node = cluster.nodes[0]
        cpu = node.cpu_seconds()
        seconds = send(cluster, index, documents, clients)
        return seconds, node.cpu_seconds() - cpu

    clusters = (pair.leader, pair.follower)
    for cluster in clusters:
        cluster.create_index(index, settings=INDEX_SETTINGS)
    with ThreadPoolExecutor(2) as both:
        leader, follower = both.map(load, clusters)
    return {"leader_docs_per_s": documents.count / leader[0], "leader_cpu_s": leader[1],
            "follower_docs_per_s": documents.count / follower[0], "follower_cpu_s": follower[1],
            "total_seconds": max(leader[0], follower[0])}


def processed(cluster, index):
    """Local checkpoint + 1 of the only primary: operations processed."""
    path = "indices.*.shards.*.seq_no.local_checkpoint"
    answer = cluster.ok("GET", f"/{index}/_stats/docs?level=shards&filter_path={path}")
    (entry,) = answer["indices"].values()
    return next(iter(entry["shards"].values()))[0]["seq_no"]["local_checkpoint"] + 1


def live(pair, index, documents, clients):
    """The leader is loaded at full speed while it is replicated; the clock runs until all is on the follower."""
    pair.leader.create_index(index, settings=INDEX_SETTINGS)
    pair.follow(index)
    leader, follower = pair.leader.nodes[0], pair.follower.nodes[0]
    leader_cpu, follower_cpu, link = leader.cpu_seconds(), follower.cpu_seconds(), pair.link.stats()
    began = time.monotonic()
    acknowledged = send(pair.leader, index, documents, clients)
    leader_at_ack = leader.cpu_seconds() - leader_cpu
    until(lambda: processed(pair.follower, index) >= documents.count, 600, "all is on the follower", interval=0.01)
    total = time.monotonic() - began
    after = pair.link.stats()
    down, up = after["down"] - link["down"], after["up"] - link["up"]
    return {"leader_seconds": acknowledged, "leader_docs_per_s": documents.count / acknowledged,
            "total_seconds": total, "docs_per_s": documents.count / total, "after_last_ack_s": total - acknowledged,
            "leader_cpu_s": leader.cpu_seconds() - leader_cpu, "leader_cpu_until_ack_s": leader_at_ack,
            "follower_cpu_s": follower.cpu_seconds() - follower_cpu,
            "bytes_down_per_doc": down / documents.count, "bytes_up_per_doc": up / documents.count,
            "source_bytes_per_doc": documents.source_bytes / documents.count,
            "leader_rss_mb": leader.rss_bytes() / 1e6, "follower_rss_mb": follower.rss_bytes() / 1e6}


def percentile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def wait_visible(cluster, index, doc_id, acknowledged, limit=180.0):
    """Polls a real-time get; answers seconds since the acknowledgement."""
    while cluster.get(index, doc_id) is None:
        if time.monotonic() - acknowledged > limit:
            raise AssertionError(f"{doc_id} is not on the follower after {limit} s")
        time.sleep(0.0005)
    return time.monotonic() - acknowledged


class SingleWriters:
    """Writes single documents to the leader at a steady rate from two threads, which put (id, acknowledged) into `waiting`."""

    def __init__(self, pair, index, prefix, rate, count):
        rng = random.Random(5)
        self.texts = [log_document(rng, number) for number in range(count)]
        self.pair, self.index, self.prefix, self.rate, self.count = pair, index, prefix, rate, count
        self.acks, self.failures, self.waiting = [], [], queue.SimpleQueue()
        self.began = time.monotonic()
        self.threads = [threading.Thread(target=self._write, args=(first,)) for first in range(2)]
        for thread in self.threads:
            thread.start()

    def _write(self, first):
        try:
            for number in range(first, self.count, len(self.threads)):
                rest = self.began + number / self.rate - time.monotonic()
                if rest > 0:
                    time.sleep(rest)
                sent = time.monotonic()
                doc_id = _put(self.pair, self.index, f"{self.prefix}{number}", self.texts[number])
                acknowledged = time.monotonic()
                self.acks.append(acknowledged - sent)
                self.waiting.put((doc_id, acknowledged))
        except Exception as error:  # told when the writers have ended
            self.failures.append(error)
        self.waiting.put(None)

    def join(self):
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise self.failures[0]


def arrivals(cluster, index, writers, limit=180.0):
    """Seconds from each document's acknowledgement until a real-time get on the follower finds it.

    One request asks for all documents that are waited for. Were they asked for one after another, a document would have
    to wait until the reader is done with those before it, and that time would count as lag.
    """
    missing, lags, ended = {}, [], 0
    while missing or ended < len(writers.threads):
        if missing:
            time.sleep(0.0005)
        while ended < len(writers.threads) and not (missing and writers.waiting.empty()):
            entry = writers.waiting.get()
            if entry is None:
                ended += 1
            else:
                missing[entry[0]] = entry[1]
        if not missing:
            continue
        answer = cluster.ok("POST", f"/{index}/_mget?_source=false&filter_path=docs._id,docs.found", {"ids": list(missing)})
        now = time.monotonic()
        lags += [now - missing.pop(document["_id"]) for document in answer["docs"] if document["found"]]
        if missing and now - min(missing.values()) > limit:
            raise AssertionError(f"{min(missing, key=missing.get)} is not on the follower after {limit} s")
    writers.join()
    return lags


def lag(pair, index, rate, seconds):
    """Single documents at a steady rate: leader's acknowledgement until a get on the follower finds the document.

    They come for as long again before the clock runs. Bulk loads have not warmed the path of single documents, and while
    it is compiled on both nodes the compilers want more of two cores than everything else together.
    """
    pair.leader.create_index(index, settings=INDEX_SETTINGS)
    pair.follow(index)
    arrivals(pair.follower, index, SingleWriters(pair, index, "w", rate, int(rate * seconds)))
    leader, follower = pair.leader.nodes[0], pair.follower.nodes[0]
    link, cpu, count = pair.link.stats(), (leader.cpu_seconds(), follower.cpu_seconds()), int(rate * seconds)
    writers = SingleWriters(pair, index, "d", rate, count)
    lags = sorted(arrivals(pair.follower, index, writers))
    took = time.monotonic() - writers.began
    after = pair.link.stats()
    acks = sorted(writers.acks)
    return {"rate": count / took, "documents": count,
            **{f"p{int(share * 1000) / 10:g}_ms": percentile(lags, share) * 1000 for share in (0.5, 0.9, 0.99, 0.999)},
            "max_ms": lags[-1] * 1000,
            **{f"leader_ack_p{int(share * 100)}_ms": percentile(acks, share) * 1000 for share in (0.5, 0.99)},
            "leader_ack_max_ms": acks[-1] * 1000,
            "bytes_both_ways_per_doc": (after["up"] + after["down"] - link["up"] - link["down"]) / count,
            "bytes_down_per_doc": (after["down"] - link["down"]) / count,
            "leader_cpu_share": (leader.cpu_seconds() - cpu[0]) / took,
            "follower_cpu_share": (follower.cpu_seconds() - cpu[1]) / took}


def _put(pair, index, doc_id, text):
    pair.leader.ok("PUT", f"/{index}/_doc/{doc_id}", text)
    return doc_id


def sparse(pair, index, count, rest):
    """One document every so many seconds; milliseconds each."""
    rng, times = random.Random(6), []
    for number in range(count):
        time.sleep(rest)
        _put(pair, index, f"s{rest}-{number}", log_document(rng, number))
        times.append(wait_visible(pair.follower, index, f"s{rest}-{number}", time.monotonic()) * 1000)
    return {"rest_s": rest, "count": count, "median_ms": sorted(times)[len(times) // 2], "max_ms": max(times)}


CHANGES = 20


def _told(times):
    """Seconds as the report shows them."""
    return {"count": len(times), "p50_ms": sorted(times)[len(times) // 2] * 1000, "max_ms": max(times) * 1000}


def _seen(what, change, follower_shows):
    """Seconds from sending a change to the leader until the follower shows it: the leader's own work is in it."""
    sent = time.monotonic()
    change()
    until(follower_shows, 60, what, interval=0.001)
    return time.monotonic() - sent


def metadata(pair, index):
    """Mappings, aliases and settings of a followed index are changed, one at a time, and no document comes with them."""
    def follower(url, *keys):
        answer = pair.follower.ok("GET", f"/{index}/{url}")[index]
        for key in keys:
            answer = answer[key]
        return answer

    def mapping(number):
        pair.leader.ok("PUT", f"/{index}/_mapping", {"properties": {f"later_{number}": {"type": "ip"}}})

    def alias(number):
        pair.leader.ok("PUT", f"/{index}/_alias/{index}-{number}")

    def setting(number):
        pair.leader.ok("PUT", f"/{index}/_settings", {"index.max_result_window": 20_000 + number})

    shown = {
        "mapping": (mapping, lambda number: f"later_{number}" in follower("_mapping", "mappings", "properties")),
        "alias": (alias, lambda number: f"{index}-{number}" in follower("_alias", "aliases")),
        "setting": (setting, lambda number: follower("_settings", "settings", "index").get("max_result_window") == str(20_000 + number)),
    }
    times = {what: [] for what in shown}
    for number in range(CHANGES):
        for what, (change, there) in shown.items():
            times[what].append(_seen(f"{what} {number}", lambda: change(number), lambda: there(number)))
    return {what: _told(found) for what, found in times.items()}


def auto_follow(pair, prefix):
    """Indices are made one after another, and a rule follows them; each until its status is SYNCING."""
    rule = {"leader_alias": ALIAS, "name": prefix}
    pair.follower.ok("POST", f"{API}/_autofollow", {**rule, "pattern": f"{prefix}-*"})
    names = [f"{prefix}-{number}" for number in range(CHANGES + 1)]
    times = [_seen(f"{name} is followed", lambda: pair.leader.create_index(name, settings=INDEX_SETTINGS),
                   lambda: pair.status(name)["status"] == "SYNCING") for name in names]
    pair.follower.ok("DELETE", f"{API}/_autofollow", rule)
    for name in names:
        pair.drop(name)
    return _told(times[1:])  # the first may wait for the rule's own beginning


def segment_bytes(cluster, index):
    """Bytes of the only primary's segments. Not from _stats/store: that answer is up to ten seconds old."""
    (entry,) = cluster.ok("GET", f"/{index}/_segments")["indices"].values()
    return sum(segment["size_in_bytes"] for segment in entry["shards"]["0"][0]["segments"].values())


def bootstrap(pair, index, follower_index):
    """Starts on an index that has its documents already: bytes on the link and the time until SYNCING."""
    pair.leader.ok("POST", f"/{index}/_flush?force=true&wait_if_ongoing=true")
    size, wanted = segment_bytes(pair.leader, index), processed(pair.leader, index)
    leader, follower = pair.leader.nodes[0], pair.follower.nodes[0]
    link, cpu = pair.link.stats(), (leader.cpu_seconds(), follower.cpu_seconds())
    began = time.monotonic()
    answer = pair.start_replication(index, follower_index)
    if answer.status != 200:
        raise AssertionError(f"_start: {answer}")
    pair.wait_status(follower_index, "SYNCING", timeout=600)
    until(lambda: processed(pair.follower, follower_index) >= wanted, 600, "the copy is complete", interval=0.01)
    seconds = time.monotonic() - began
    after = pair.link.stats()
    recovery = pair.follower.ok("GET", f"/{follower_index}/_recovery")
    (entry,) = recovery.values()
    copying = max(shard["total_time_in_millis"] for shard in entry["shards"]) / 1000
    return {"segments_mb": size / 1e6, "seconds_until_syncing": seconds, "seconds_of_recovery": copying,
            "mb_per_s": size / 1e6 / copying if copying else 0.0,
            "mb_on_the_link": (after["down"] - link["down"]) / 1e6,
            "leader_cpu_s": leader.cpu_seconds() - cpu[0], "follower_cpu_s": follower.cpu_seconds() - cpu[1]}
