"""Issue item 8: a single document is never caught by polling or back-off. After minutes of rest: test_idle."""
import re
import time

from harness.latency import arrival, ordinary, trip, undelayed
from harness.pair import API


def answers(pair, index):
    """How often the leader has answered a fetch of the index, with operations or without."""
    text = pair.leader.request("GET", f"{API}/_metrics").text
    return sum(int(found) for found in re.findall(rf'_leader_answers_total{{[^}}]*index="{index}"[^}}]*}} (\d+)', text))


def test_first_document_after_start(pair, name):
    """It brings a new field along, so it also has to wait for a mapping, as a first document of an ordinary index has."""
    names = [f"{name}-{letter}" for letter in "abc"]
    try:
        times, plain = [], []
        for one in names:
            pair.leader.create_index(one)
            pair.follow(one)
            times.append(arrival(pair, one, "first"))
            with ordinary(pair, f"{one}-plain") as beside:
                plain.append(trip(pair, beside, "first"))
        undelayed(times, plain)
    finally:
        for one in names:
            pair.drop(one)


def test_sparse_documents(pair, index):
    """Each is the answer to a fetch that waited for it: nobody asks meanwhile, and nobody asks twice."""
    pair.leader.create_index(index)
    pair.follow(index)
    arrival(pair, index, "first")
    before, times, plain = answers(pair, index), [], []
    with ordinary(pair, f"{index}-plain") as beside:
        for n in range(6):
            time.sleep(3)  # the rest between the documents is what is tested
            times.append(arrival(pair, index, f"s{n}"))
            plain.append(trip(pair, beside, f"s{n}"))
    given = answers(pair, index) - before
    undelayed(times, plain)
    assert given in (6, 7), f"{given} answers for 6 documents in less than one poll_timeout"


def test_the_last_documents_of_an_index_with_asynchronous_durability(pair, index):
    """They are followed once they are on disk. Core tells a shard so every 30 s, when no other write does: the second of two that come
    right after such a moment would have to wait for the next."""
    pair.leader.create_index(index, settings={"index.translog.durability": "async", "index.translog.sync_interval": "200ms"})
    pair.follow(index, settings={"index.translog.durability": "request"})
    for n in range(2):
        pair.leader.put(index, f"{n}", {"n": n})
        pair.caught_up_to(index, n, timeout=20)
    assert pair.same(index) == 2


def test_readers_of_sparse_documents_refresh_nothing(pair, index):
    """A document that came alone is found by a real-time get at once: the get need not refresh the shard first."""
    pair.leader.create_index(index, settings={"index.refresh_interval": "-1"})
    pair.follow(index)

    def refreshes():
        return pair.follower.ok("GET", f"/{index}/_stats/refresh")["_all"]["primaries"]["refresh"]["total"]

    arrival(pair, index, "first")  # the engine keeps the places of documents from the first get on
    before = refreshes()
    for n in range(5):
        arrival(pair, index, f"s{n}")
    assert refreshes() == before


def test_steady_single_documents(pair, index):
    """Documents one after another, each with a plain write beside it: no burst of seconds anywhere."""
    pair.leader.create_index(index)
    pair.follow(index)
    times, plain = [], []
    with ordinary(pair, f"{index}-plain") as beside:
        for n in range(150):
            times.append(arrival(pair, index, f"d{n}"))
            plain.append(trip(pair, beside, f"d{n}"))
    undelayed(times, plain)
    undelayed(sorted(times)[-15:], sorted(plain)[-15:])
