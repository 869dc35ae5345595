"""Issue item 3: kill -9 at random moments under load, again and again; and the write block after a restart."""
import random
import threading
import time

import pytest

from harness.cluster import path
from harness.http import Http
from harness.load import Writer
from harness.pair import ALIAS
from harness.rules import Rules
from harness.wait import until


def kill_rounds(pair, index, victims, rounds, seed):
    """Kills and starts the victims under load, several times; compares everything in the end."""
    rng = random.Random(seed)
    pair.leader.create_index(index, shards=2)
    pair.follow(index)
    with Writer(pair.leader, index, threads=2, tolerant=True, seed=seed) as writer:
        for _ in range(rounds):
            writer.wait(rng.randrange(1500, 6000))
            clusters = victims(pair)
            for cluster in clusters:
                cluster.kill()
            for cluster in clusters:
                cluster.launch()
            for cluster in clusters:
                cluster.wait_up()
                cluster.health(index, "green")
        writer.wait(1500)
    pair.wait_status(index, "SYNCING", timeout=90)
    return pair.same(index, timeout=180)


def test_kill_follower_under_load(own_pair, own_index):
    kill_rounds(own_pair, own_index, lambda pair: [pair.follower], rounds=3, seed=1)


def test_kill_leader_under_load(own_pair, own_index):
    kill_rounds(own_pair, own_index, lambda pair: [pair.leader], rounds=3, seed=2)


def test_kill_both_under_load(own_pair, own_index):
    kill_rounds(own_pair, own_index, lambda pair: [pair.leader, pair.follower], rounds=2, seed=3)


def test_kill_follower_during_bootstrap_under_load(own_pair, own_index):
    own_pair.leader.create_index(own_index)
    with Writer(own_pair.leader, own_index, threads=2, seed=4) as writer:
        writer.wait(15000)
        assert own_pair.start_replication(own_index).status == 200
        own_pair.follower.kill()
        own_pair.follower.start()
        own_pair.wait_status(own_index, "SYNCING", timeout=120)
        writer.wait(1000)
    own_pair.same(own_index, timeout=120)


def test_kill_leader_during_bootstrap(own_pair, own_index):
    """First the leader alone, then both, and the follower is back first: it waits, says so, and ends up equal."""
    pair, index = own_pair, own_index
    pair.leader.create_index(index)
    with Writer(pair.leader, index, threads=2, seed=5) as writer:
        writer.wait(20000)
    pair.leader.ok("POST", path(index, "_flush"))
    assert pair.held_in_the_copy(lambda: pair.start_replication(index), timeout=30).status == 200
    pair.leader.kill()
    pair.link.resume()

    def told():
        status = pair.status(index)
        assert status["status"] == "BOOTSTRAPPING", status
        return status["reason"].startswith("The leader cluster is unreachable since ")
    until(told, 60, "a copy under way waits for the leader")
    pair.follower.kill()
    pair.follower.start()
    until(told, 60, "a copy that is to begin anew waits for the leader")
    pair.leader.start()
    pair.wait_status(index, "SYNCING", timeout=120)
    pair.same(index)


def test_operations_that_a_crash_of_the_leader_takes_back(own_pair, own_index):
    """With asynchronous durability the leader loses what it has acknowledged; its follower never had it."""
    pair, index = own_pair, own_index
    durability = {"index.translog.durability": "async", "index.translog.sync_interval": "1h"}
    pair.leader.create_index(index, settings=durability)
    pair.follow(index, settings={"index.translog.durability": "request"})
    for n in range(30):
        pair.leader.put(index, f"kept-{n}", {"n": n})
    pair.leader.ok("POST", path(index, "_flush"))  # as the end of the interval
    assert pair.same(index) == 30
    written = kept = 30
    while kept == written:  # core itself writes down every 30 s what there is: that may have been in between
        assert written < 120, "the leader loses nothing"
        pair.leader.bulk([({"index": {"_id": f"lost-{written + n}"}}, {"n": n}) for n in range(30)], index)
        written += 30
        pair.leader.kill()
        pair.leader.start()
        pair.leader.health(index)
        kept = pair.leader.primary_checkpoints(index)[0][0] + 1
    for n in range(40):  # under sequence numbers that others had
        pair.leader.put(index, f"new-{n}", {"n": -n})
    pair.leader.ok("PUT", path(index, "_settings"), {"index.translog.sync_interval": "200ms"})
    assert pair.same(index) == kept + 40
    assert pair.status(index)["status"] == "SYNCING"


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_write_block_from_the_first_moment_after_restart(own_pair, own_index, how):
    """From before the port answers until the index is green, a write is never anything but refused."""
    pair, index = own_pair, own_index
    pair.leader.create_index(index)
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(2000)], index)
    pair.follow(index)
    pair.caught_up(index)
    node = pair.follower.nodes[0]
    getattr(node, how)()
    seen, done = {}, threading.Event()

    def write():
        number = 0
        client = Http(node.http_port, timeout=30)
        while not done.is_set():
            number += 1
            requests = [("PUT", path(index, "_doc", "mine"), {"mine": number}, False),
                        ("DELETE", path(index, "_doc", "1"), None, False),
                        ("POST", path(index, "_bulk"), '{"index":{}}\n{"mine":1}\n', True)]
            method, url, body, ndjson = requests[number % 3]
            try:
                answer = client.request(method, url, body, ndjson)
            except OSError:
                key = "refused"
            else:
                key = answer.status
                if ndjson and answer.status == 200:  # a bulk answers 200 with the item's own status
                    key = answer.json["items"][0]["index"]["status"]
                if key == 403 and "FORBIDDEN/1000/index read-only(cross-cluster-replication)" not in answer.text:
                    key = "403 with another text: " + answer.text[:200]
            seen[key] = seen.get(key, 0) + 1
            if key == "refused":
                time.sleep(0.002)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        node.start()
        pair.follower.health(index, "green")
        after = seen.get(403, 0)
        until(lambda: seen.get(403, 0) > after + 30, 60, "the block refuses")
    finally:
        done.set()
        writer.join(30)
    assert set(seen) <= {"refused", 503, 403}, seen
    pair.wait_connected(ALIAS)
    assert pair.same(index) == 2000


def test_auto_follow_rule_survives_a_crash(own_pair, name):
    """The rule, what it must not bring back, and what came on the leader while nobody looked."""
    rules = Rules(own_pair, name[:40])
    kept, gone, late = (f"{rules.prefix}-{end}" for end in ("kept", "gone", "late"))
    own_pair.leader.create_index(kept)
    own_pair.leader.create_index(gone)
    try:
        rules.made()
        for index in (kept, gone):
            rules.followed(index)
        own_pair.stop_replication(gone)
        own_pair.follower.delete_index(gone)
        own_pair.follower.kill()
        own_pair.leader.create_index(late)
        own_pair.follower.start()
        rules.followed(late)
        rules.followed(kept)
        rules.not_there(gone)
        assert [one["follower_index"] for one in rules.get()["tombstones"]] == [gone]
        until(lambda: (rule := rules.get())["failures"] == [] and rule["followed"] == 2, 30, "nothing is held against them")
    finally:
        rules.clear()
