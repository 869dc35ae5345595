"""Settings whose effect is on the wire or in the tasks: how many requests at once, how often, for how long; without a restart."""
import random
import time

import pytest

from harness import frames
from harness.gate import Gate, after_header
from harness.pair import API
from harness.rules import Rules
from harness.wait import until
from harness.wire import Out, Peer
from permissions import FILES, READ, SETUP, WRITE
from test_settings import answers, setting  # noqa: F401  (a fixture)

OPEN, CHUNK = 1, 2  # the ordinals of their kinds among the requests for files
IDLE = "plugins.replication.leader.recovery.idle_timeout"
RENEW = "indices:admin/seq_no/renew_retention_lease"
GATED = "gated"  # the alias of the leader behind the gate
WAIT_MS = 6  # field of a read request


@pytest.fixture(scope="module")
def gate(pair):
    gate = Gate(pair.leader.nodes[0].transport_port)
    pair.connect(GATED, gate)
    yield gate
    gate.through()
    pair.follower.settings(**{f"cluster.remote.{GATED}.proxy_address": None, f"cluster.remote.{GATED}.mode": None})
    gate.close()


def about(index):
    """Whether a request is about this leader index."""
    return lambda body: index.encode() in body


@pytest.fixture(scope="module", autouse=True)
def abandoned(pair):
    """Begun before the first test of this module: a bootstrap whose follower is not heard of again, and one that is asked for."""
    index = "abandoned"
    pair.leader.settings(**{IDLE: "10s"})
    pair.leader.create_index(index)
    uuid = pair.leader.ok("GET", f"/{index}/_settings?flat_settings")[index]["settings"]["index.uuid"]

    def ask(kind, session):
        """The answer of the leader, or None when it refuses."""
        body = Out().vint(0).byte(0).optional_text(index).vint(kind).vint(0).optional_text(uuid).text(session)
        if kind == CHUNK:
            body.text("segments_2").vint(0).vint(1000).vint(0).int(0)
        with Peer(pair.leader.nodes[0].transport_port) as peer:
            error, answer = peer.call(FILES, body.data)
        return None if error else answer
    assert ask(OPEN, "given up")
    yield ask
    pair.leader.settings(**{IDLE: None})
    pair.leader.delete_index(index)


def shard_task(pair, index):
    """Node and number of the task that follows shard 0."""
    (task,) = [task for task in pair.tasks("cluster:indices/shards/replication*") if f"[{index}][0]" in task["description"]]
    return task["node"], task["id"]


def bulk(pair, index, tag, count, text="x"):
    pair.leader.bulk([({"index": {"_id": f"{tag}-{n}"}}, {"text": text}) for n in range(count)], index)


def test_readers_per_shard(pair, gate, index, setting):  # noqa: F811
    """One, then four, then two fetches are on their way: counted where they pass, while their answers are held back."""
    setting(pair.follower, "follower.index.ops_batch_size", 16)
    setting(pair.follower, "follower.concurrent_readers_per_shard", 1)
    pair.leader.create_index(index)
    pair.follow(index, alias=GATED)
    assert pair.pause(index).status == 200
    bulk(pair, index, "backlog", 1600)
    gate.watch(READ, about(index))
    gate.hold(but_first=2)
    assert pair.resume(index).status == 200
    until(lambda: gate.asked >= 3, 60, "the third fetch is out")
    task = shard_task(pair, index)
    assert gate.most == 1
    setting(pair.follower, "follower.concurrent_readers_per_shard", 4)
    until(lambda: gate.waiting == 4, 60, "four fetches are out")
    assert gate.most == 4
    setting(pair.follower, "follower.concurrent_readers_per_shard", 2)
    gate.let()
    until(lambda: gate.waiting == 2, 60, "two fetches are out")
    gate.through()
    assert pair.same(index) == 1600
    assert gate.most <= 2 and gate.asked > 1600 / 16
    assert shard_task(pair, index) == task, "no task was begun anew"


def test_writers_per_shard(pair, index, setting):  # noqa: F811
    """Batches take long on the follower, and on it alone; so many of them are applied at a time as the setting says."""
    grams = {"index.analysis.tokenizer.grams.type": "ngram", "index.analysis.analyzer.slow.tokenizer": "grams",
             "index.max_ngram_diff": 20}
    setting(pair.follower, "follower.index.ops_batch_size", 16)
    setting(pair.follower, "follower.concurrent_writers_per_shard", 1)
    pair.leader.create_index(index, settings={**grams, "index.analysis.tokenizer.grams.max_gram": 1},
                             mappings={"properties": {"text": {"type": "text", "analyzer": "slow"}}})
    pair.follow(index, settings={"index.analysis.tokenizer.grams.max_gram": 8})
    task = shard_task(pair, index)
    noise = random.Random(11)

    def applied_at_once(wanted):
        """The most applies that were seen side by side while batches came."""
        most = rounds = 0
        while rounds == 0 or most < wanted:
            rounds += 1
            assert rounds <= 20, f"never {wanted} at once, {most} at most"
            bulk(pair, index, f"{wanted}-{rounds}", 112, f"{noise.getrandbits(8000):x}")
            last = pair.leader.primary_checkpoints(index)[0][2]
            while pair.status(index)["syncing_details"]["follower_checkpoint"] < last:
                most = max(most, len(applies()))
        return most

    def applies():
        return [one for one in pair.tasks(WRITE) if f"[{index}]" in one["description"]]

    assert applied_at_once(1) == 1
    setting(pair.follower, "follower.concurrent_writers_per_shard", 3)
    assert applied_at_once(3) == 3
    setting(pair.follower, "follower.concurrent_writers_per_shard", 2)
    assert applied_at_once(2) == 2
    assert shard_task(pair, index) == task, "no task was begun anew"
    assert pair.same(index) >= 3 * 112


def test_chunks_at_once(pair, gate, index, setting):  # noqa: F811
    """As many chunks of one shard are on their way as the setting says, and never one more."""
    pair.leader.create_index(index)
    noise = random.Random(7)
    for part in range(16):
        pair.leader.bulk([({"index": {"_id": f"{part}-{n}"}}, {"noise": f"{noise.getrandbits(60000):x}"})
                          for n in range(50)], index)
    pair.leader.ok("POST", f"/{index}/_forcemerge?max_num_segments=1&flush=true")
    setting(pair.follower, "follower.index.recovery.chunk_size", "1mb")
    for parallel in (3, 5):
        setting(pair.follower, "follower.index.recovery.max_concurrent_file_chunks", parallel)
        copy = f"{index}-{parallel}"
        gate.watch(FILES, lambda body: about(index)(body) and after_header(body).vint() == CHUNK)
        gate.hold()
        try:
            assert pair.start_replication(index, copy, alias=GATED).status == 200
            until(lambda: gate.waiting == parallel, 60, f"{parallel} chunks are on their way")
            assert gate.most == parallel
        finally:
            gate.let(hold=False)
        pair.wait_status(copy, "SYNCING")
        assert gate.most <= parallel and gate.asked > 2 * parallel, (gate.most, gate.asked)
        assert pair.same(index, copy) == 800
        pair.drop("none", copy)


def impatient(body):
    """The same request for operations that are there, without leave to wait: so a leader answers that holds no polls."""
    start = after_header(body)
    start.text(), start.text(), start.vint()
    head, message = body[:start.at], start.blob()
    tail = body[start.at:]
    fields = frames.build([field for field in frames.parse(message) if field[0] != WAIT_MS])
    return head + Out().blob(fields).data + tail


def test_poll_interval(pair, gate, index, setting):  # noqa: F811
    """Of a leader that holds polls it is of no consequence. Of one that does not, it is the period of asking: 10 ms at least."""
    held = f"{index}-held"
    for one in (index, held):
        pair.leader.create_index(one)
    pair.follow(index, alias=GATED)
    pair.follow(held)
    pair.caught_up(index)

    def pauses(count):
        """Seconds before each of the next requests. One is noted before it is passed on: no pause between two is told too short."""
        last = gate.asked
        until(lambda: gate.asked >= last + count, 60, f"{count} requests", interval=0.002)
        times = gate.times[last - 1:last + count]
        return [after - before for before, after in zip(times, times[1:])]

    setting(pair.follower, "follower.poll_interval", "1s")
    uuid = pair.leader.ok("GET", f"/{index}/_settings?flat_settings")[index]["settings"]["index.uuid"]
    gate.watch(READ, about(uuid), impatient)
    pair.leader.put(index, "1", {})  # ends the poll that is being held
    pair.caught_up(index)
    until(lambda: min(pauses(2)) >= 0.9, 60, "a pause of 1 s lies between two requests, but for those after the document")
    setting(pair.follower, "follower.poll_interval", "50ms")
    pauses(2)  # the one that had begun
    found = pauses(10)
    assert min(found) >= 0.045 and sum(found) < 9, f"at the old pace it had taken 9 s at least: {found}"
    setting(pair.follower, "follower.poll_interval", "1ms")
    pauses(2)
    quiet = answers(pair, held)
    assert min(pauses(60)) >= 0.008, "never in a tight circle"
    assert answers(pair, held) - quiet <= 1, "a poll that is held is none that is repeated"
    gate.through()
    pair.leader.put(index, "2", {})
    assert pair.same(index) == 2
    pair.drop(held)


def refusable(body):
    """A renewal that no leader takes: it does not say who keeps the operations."""
    fields = after_header(body)
    fields.text(), fields.text(), fields.vint()
    fields.text(), fields.vint()
    return body[:fields.at] + b"\0"


def test_lease_patience(pair, gate, index, setting):  # noqa: F811
    """Renewals that are refused for no known reason are borne for so long, while replication goes on; then it is paused."""
    setting(pair.follower, "follower.lease_renewal_interval", "1s")
    setting(pair.follower, "follower.backoff_max", "200ms")
    pair.leader.create_index(index)
    pair.follow(index, alias=GATED)
    gate.watch(RENEW, about(index), refusable)
    until(lambda: gate.asked >= 4, 60, "renewals are refused")
    pair.leader.put(index, "meanwhile", {})
    assert pair.same(index) == 1
    status = pair.status(index)
    assert status["status"] == "SYNCING" and "source can not be empty" in status["reason"], status
    setting(pair.follower, "follower.retention_lease_max_failure_duration", "1s")
    status = pair.wait_status(index, "PAUSED")
    assert status["reason"].startswith("AutoPaused: ") and "source can not be empty" in status["reason"], status
    details = pair.follower.ok("GET", pair.url(index, "_status") + "?detailed=true")["details"]
    assert details["last_error"]["attempts"] >= 4 and details["last_error"]["over"] is False, details
    gate.through()
    assert pair.resume(index).status == 200
    pair.wait_status(index, "SYNCING")
    pair.leader.put(index, "after", {})
    assert pair.same(index) == 2


def test_listing_interval(pair, gate, name, setting):  # noqa: F811
    """So long a leader may keep the request that waits for a change of its indices."""
    setting(pair.follower, "autofollow.fetch_poll_interval", "47s")
    rules = Rules(pair, name)
    gate.watch(SETUP, lambda body: name.encode() in body and body.endswith(Out().vint(47_000).data))
    rules.made(leader_alias=GATED)
    try:
        until(lambda: gate.waiting == 1, 60, "the request waits")
    finally:
        rules.clear()
        gate.through()


def test_idle_timeout(pair, abandoned):
    """The commit of a bootstrap that was given up is let go of; one that is being read is kept."""
    assert abandoned(OPEN, "in use")

    def held():
        """Bootstraps that the leader serves, while one is in use."""
        assert abandoned(CHUNK, "in use")
        (line,) = [line for line in pair.leader.ok("GET", f"{API}/_metrics").splitlines()
                   if line.startswith("opensearch_replication_leader_bootstrap_sessions{")]
        return float(line.split()[-1])
    until(lambda: held() == 1, 60, "one is left")
    assert not abandoned(CHUNK, "given up") and abandoned(CHUNK, "in use")
