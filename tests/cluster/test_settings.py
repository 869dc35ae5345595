"""Settings of the contract: their bounds, and that a change has its effect at once."""
import random

import pytest

from harness.pair import API
from harness.wait import until

# key, too small, too large; None where there is no such bound
BOUNDS = [
    ("follower.index.ops_batch_size", 15, None), ("follower.concurrent_readers_per_shard", 0, None),
    ("follower.concurrent_writers_per_shard", 0, None), ("follower.poll_interval", "0ms", "1001ms"),
    ("follower.metadata_sync_interval", "4s", None),
    ("follower.retention_lease_max_failure_duration", "999ms", "13h"),
    ("follower.index.recovery.chunk_size", "1kb", "2gb"),
    ("follower.index.recovery.max_concurrent_file_chunks", 0, None), ("follower.block.start", "maybe", None),
    ("replicate.delete_index", "maybe", None), ("autofollow.fetch_poll_interval", "29s", "61m"),
    ("autofollow.retry_poll_interval", "59s", "5h"),
    ("autofollow.concurrent_replication_jobs_trigger_size", 0, 101), ("leader.thread_pool.size", -1, None),
    ("leader.thread_pool.queue_size", -1, None), ("follower.bulk_batch_size", 0, 101),
    ("follower.bulk_poll_timeout", 0, 31),
]
DEFAULTS = {
    "follower.index.ops_batch_size": "50000", "follower.concurrent_readers_per_shard": "2",
    "follower.concurrent_writers_per_shard": "2", "follower.poll_interval": "50ms",
    "follower.metadata_sync_interval": "60s", "follower.retention_lease_max_failure_duration": "1h",
    "follower.index.recovery.chunk_size": "10mb", "follower.index.recovery.max_concurrent_file_chunks": "5",
    "follower.block.start": "false", "replicate.delete_index": "false", "autofollow.fetch_poll_interval": "30s",
    "autofollow.retry_poll_interval": "1h", "autofollow.concurrent_replication_jobs_trigger_size": "3",
    "leader.thread_pool.size": "0", "leader.thread_pool.queue_size": "1000", "follower.bulk_batch_size": "10",
    "follower.bulk_poll_timeout": "15",
}


def put(cluster, key, wanted):
    return cluster.request("PUT", "/_cluster/settings", {"persistent": {f"plugins.replication.{key}": wanted}})


@pytest.fixture
def setting(pair):
    """Sets a cluster setting and takes it back in the end."""
    changed = []

    def change(cluster, key, wanted):
        changed.append((cluster, key))
        answer = put(cluster, key, wanted)
        assert answer.status == 200, answer
    yield change
    for cluster, key in changed:
        put(cluster, key, None)


@pytest.mark.parametrize("key, small, large", BOUNDS)
def test_bounds(pair, key, small, large):
    for wrong in (small, large):
        if wrong is not None:
            answer = put(pair.follower, key, wrong)
            assert answer.status == 400 and (key in answer.text or wrong == "maybe"), answer


def test_defaults(pair):
    found = pair.follower.ok("GET", "/_cluster/settings?include_defaults=true&flat_settings=true")["defaults"]
    assert {key: found[f"plugins.replication.{key}"] for key in DEFAULTS} == DEFAULTS


def answers(pair, index):
    """How often the leader has answered the followers of an index."""
    lines = pair.leader.ok("GET", f"{API}/_metrics").splitlines()
    found = [line for line in lines if line.startswith("opensearch_replication_leader_answers_total{")
             and f'index="{index}"' in line]
    return sum(float(line.split()[-1]) for line in found)


def catch_up(pair, index, tag, text=""):
    """Answers of the leader that 1 600 operations in a row take."""
    pair.pause(index)
    pair.leader.bulk([({"index": {"_id": f"{tag}-{n}"}}, {"n": n, "text": text}) for n in range(1600)], index)
    before = answers(pair, index)
    assert pair.resume(index).status == 200
    pair.caught_up(index)
    return answers(pair, index) - before


def test_ops_batch_size(pair, index, setting):
    """Of the cluster, of the index over it, and changed while the shard is followed."""
    pair.leader.create_index(index)
    pair.follow(index)
    assert catch_up(pair, index, "whole") < 20
    setting(pair.follower, "follower.index.ops_batch_size", 16)
    assert catch_up(pair, index, "small") >= 100
    key = "index.plugins.replication.follower.ops_batch_size"
    assert pair.follower.request("PUT", f"{API}/{index}/_update", {key: 1000}).status == 200
    until(lambda: pair.follower.ok("GET", f"/{index}/_settings?flat_settings=true")[index]["settings"].get(key) == "1000",
          60, "the index has its own value")
    assert catch_up(pair, index, "own") < 20
    # Without a new task: the running one takes what has been written since the change in small steps.
    pair.follower.ok("PUT", f"{API}/{index}/_update", {key: 16})

    def in_force():
        before = answers(pair, index)
        pair.leader.bulk([({"index": {"_id": f"live-{n}"}}, {"n": n}) for n in range(800)], index)
        pair.caught_up(index)
        return answers(pair, index) - before >= 50
    until(in_force, 60, "the running task asks for less at a time")


def test_batch_size(pair, index, setting):
    """1.6 MB at a time, and then in pieces that are no larger than the setting says."""
    pair.leader.create_index(index)
    pair.follow(index)
    assert catch_up(pair, index, "whole", "x" * 1000) < 15
    setting(pair.follower, "follower.batch_size", "64kb")
    assert catch_up(pair, index, "small", "x" * 1000) >= 25
    assert pair.same(index) == 3200


def threads(pair):
    rows = pair.leader.ok("GET", "/_cat/thread_pool/replication_leader?format=json&h=pool_size")
    return int(rows[0]["pool_size"])


def test_leader_pool(pair, index, setting):
    """More and fewer threads; with one thread and nobody allowed to wait, reads are refused, and yet all arrives."""
    pair.leader.create_index(index, shards=6)
    pair.follow(index)

    def write():
        pair.leader.bulk([({"index": {}}, {"n": n}) for n in range(200)], index)

    setting(pair.leader, "leader.thread_pool.size", 6)
    until(lambda: write() or threads(pair) == 6, 60, "there are six threads")
    setting(pair.leader, "leader.thread_pool.size", 1)
    until(lambda: threads(pair) == 1, 60, "there is one thread")
    setting(pair.leader, "leader.thread_pool.queue_size", 0)

    def refused():
        write()
        stats = pair.follower.ok("GET", f"{API}/follower_stats")["index_stats"][index]
        return stats["failed_read_requests"] > 0
    until(refused, 90, "reads are refused")
    assert pair.same(index) > 0


def test_metadata_sync_interval(pair, index, setting):
    """What was stored while the leader was away is taken up by the comparison that comes after the interval."""
    setting(pair.follower, "follower.metadata_sync_interval", "5s")
    pair.leader.create_index(index)
    pair.follow(index)
    pair.caught_up(index)
    pair.link.cut()
    answer = pair.follower.request("PUT", f"{API}/{index}/_update", {"index.max_result_window": 444})
    pair.link.resume()
    assert answer.status == 200, answer
    until(lambda: pair.follower.ok("GET", f"/{index}/_settings?flat_settings=true")[index]["settings"]
          .get("index.max_result_window") == "444", 60, "the value is in place")


def completed(pair, pool):
    return int(pair.leader.ok("GET", f"/_cat/thread_pool/{pool}?format=json&h=completed")[0]["completed"])


def test_recovery_chunk_size(pair, index, setting):
    """A smaller chunk makes more requests of the same files; one at a time will do."""
    pair.leader.create_index(index)
    noise = random.Random(7)
    for part in range(8):
        pair.leader.bulk([({"index": {"_id": f"{part}-{n}"}}, {"noise": f"{noise.getrandbits(60000):x}"})
                          for n in range(50)], index)
    pair.leader.ok("POST", f"/{index}/_forcemerge?max_num_segments=1&flush=true")

    def chunks(follower):
        before = completed(pair, "replication_leader_files")
        pair.follow(index, follower)
        return completed(pair, "replication_leader_files") - before
    whole = chunks(f"{index}-whole")
    setting(pair.follower, "follower.index.recovery.chunk_size", "1mb")
    setting(pair.follower, "follower.index.recovery.max_concurrent_file_chunks", 1)
    assert chunks(f"{index}-small") >= whole + 3
    assert pair.same(index, f"{index}-small") == 400
    for follower in (f"{index}-whole", f"{index}-small"):
        pair.drop("none", follower)


@pytest.mark.parametrize("own, lucene", [
    ({}, False), ({"translog.retention_lease.pruning.enabled": False}, True), ({"translog.retention_size": "0b"}, True)])
def test_translog_kept_for_followers(pair, index, own, lucene):
    """What a paused follower has missed comes from the translog for as long as that is kept, else from Lucene."""
    pair.leader.create_index(index, settings={f"index.plugins.replication.{key}": value for key, value in own.items()})
    pair.follow(index)
    pair.leader.put(index, "first", {})
    pair.caught_up(index)
    pair.pause(index)
    for part in range(2):
        pair.leader.bulk([({"index": {"_id": f"{part}-{n}"}}, {"n": n}) for n in range(50)], index)
        pair.leader.ok("POST", f"/{index}/_flush?force=true&wait_if_ongoing=true")
    assert pair.resume(index).status == 200
    assert pair.same(index) == 101
    stats = pair.leader.ok("GET", f"{API}/leader_stats")["index_stats"][index]
    assert (stats["operations_read_lucene"] >= 100) == lucene, stats


def test_wait_for_restore(pair, index):
    """True answers when the shards follow, false when their copies are on their way; timeout bounds the wait."""
    pair.leader.create_index(index)
    assert pair.start_replication(index, query="?wait_for_restore=true").status == 200
    assert pair.status(index)["status"] == "SYNCING"
    room = "cluster__routing__allocation__node_initial_primaries_recoveries"  # 0 lets a restore wait
    other = f"{index}-slow"
    pair.follower.settings(**{room: 0})
    try:
        assert pair.start_replication(index, other).status == 200
        assert pair.status(other)["status"] == "BOOTSTRAPPING"
        pair.stop_replication(other)
        answer = pair.start_in_vain(index, other, "&cluster_manager_timeout=9s")
        assert answer.status == 500 and answer.error["type"] == "illegal_state_exception", answer
        assert "Timed out when waiting for persistent task after 1s" in answer.reasons()
    finally:
        pair.follower.settings(**{room: None})
    pair.wait_status(other, "SYNCING")
    pair.drop("none", other)
