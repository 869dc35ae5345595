"""Issue item 9: many follower shards at rest cost nothing."""
import time

from harness import config

PAIR = {"name": "idle", "heap": "512m"}
INDICES, SHARDS = 20, 10


def test_two_hundred_idle_shards(own_pair):
    pair = own_pair
    names = [f"idle-{n}" for n in range(INDICES)]
    for name in names:
        pair.leader.create_index(name, shards=SHARDS)
    for name in names:
        answer = pair.start_replication(name)
        assert answer.status == 200, answer
    for name in names:
        pair.wait_status(name, "SYNCING", timeout=180)
    pair.leader.bulk([({"index": {"_index": name, "_id": f"{n}"}}, {"n": n}) for name in names for n in range(30)])
    for name in names:
        pair.caught_up(name, timeout=60)
    time.sleep(10)  # compilation and flushes of the start die down
    node, seconds = pair.follower.nodes[0], 300 if config.slow() else 45
    rss, heap = node.rss_bytes(), node.heap_used()
    before, leader_before, moved = node.cpu_seconds(), pair.leader.nodes[0].cpu_seconds(), pair.link.bytes_both_ways()
    version = pair.follower.ok("GET", "/_cluster/state/version")["version"]
    time.sleep(seconds)
    used = (node.cpu_seconds() - before) / seconds
    leader_used = (pair.leader.nodes[0].cpu_seconds() - leader_before) / seconds
    moved = (pair.link.bytes_both_ways() - moved) / seconds
    grown, heap = node.rss_bytes() - rss, node.heap_used() - heap
    version = pair.follower.ok("GET", "/_cluster/state/version")["version"] - version
    print(f"{INDICES * SHARDS} idle shards: follower {used * 100:.1f} % of a core, leader {leader_used * 100:.1f} %, "
          f"{moved / 1000:.1f} kB/s, RSS {grown / 1e6:+.1f} MB, live heap {heap / 1e6:+.1f} MB "
          f"in {seconds} s, cluster state +{version}")
    assert used < 0.15 and leader_used < 0.15, (used, leader_used)
    assert grown < 48e6 and heap < 12e6, f"memory grew by {grown} bytes, live heap by {heap} bytes"
    assert version <= 5, "progress must not write the cluster state"
    for name in names:
        assert pair.same(name) == 30
        pair.drop(name)
