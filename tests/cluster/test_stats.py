"""leader_stats and follower_stats: exactly the contract's fields, with true numbers."""
import pytest

from harness.pair import API
from harness.wait import until

LEADER_COUNTERS = ["operations_read", "translog_size_bytes", "operations_read_lucene", "operations_read_translog",
                   "total_read_time_lucene_millis", "total_read_time_translog_millis", "bytes_read"]
FOLLOWER_COUNTERS = ["operations_written", "operations_read", "failed_read_requests", "throttled_read_requests",
                     "failed_write_requests", "throttled_write_requests", "follower_checkpoint", "leader_checkpoint",
                     "total_write_time_millis"]
FOLLOWER_TOTALS = ["num_syncing_indices", "num_bootstrapping_indices", "num_paused_indices", "num_failed_indices",
                   "num_shard_tasks", "num_index_tasks"]


def stats(cluster, which):
    answer = cluster.request("GET", f"{API}/{which}")
    assert answer.status == 200, answer
    assert "\n  " in answer.text, "statistics are shown on several lines"
    return answer.json


def fill(pair, index, count, shards=1):
    pair.leader.create_index(index, shards=shards)
    pair.follow(index)
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n, "text": "of some length"}) for n in range(count)], index)
    pair.caught_up(index)


def test_leader_stats(pair, index):
    fill(pair, index, 200, shards=2)
    # The last answer of the leader is counted before it is sent, so nothing has to be waited for.
    found = stats(pair.leader, "leader_stats")
    assert list(found) == ["num_replicated_indices", *LEADER_COUNTERS, "index_stats"], found
    mine = found["index_stats"][index]
    assert list(mine) == LEADER_COUNTERS, mine
    assert mine["operations_read"] >= 200
    assert mine["operations_read"] == mine["operations_read_lucene"] + mine["operations_read_translog"]
    assert mine["bytes_read"] > 200 * 20 and mine["translog_size_bytes"] > 0
    assert found["num_replicated_indices"] == len(found["index_stats"])
    for counter in LEADER_COUNTERS:
        assert found[counter] >= mine[counter]
    assert stats(pair.follower, "leader_stats")["index_stats"].get(index) is None
    pair.stop_replication(index)
    until(lambda: index not in stats(pair.leader, "leader_stats")["index_stats"], 30, "its leases are gone with the replication")


def test_follower_stats(pair, index):
    before = stats(pair.follower, "follower_stats")
    assert list(before) == [*FOLLOWER_TOTALS, *FOLLOWER_COUNTERS, "index_stats"], before
    fill(pair, index, 200, shards=2)

    def settled():
        mine = stats(pair.follower, "follower_stats")["index_stats"][index]
        return mine["operations_written"] == 200 and mine["follower_checkpoint"] == 198 and mine
    mine = until(settled, 40, "every operation is counted")
    assert list(mine) == FOLLOWER_COUNTERS, mine
    assert mine["operations_read"] >= 200 and mine["leader_checkpoint"] == 198
    assert mine["failed_write_requests"] == mine["throttled_write_requests"] == 0
    found = stats(pair.follower, "follower_stats")
    assert found["num_syncing_indices"] == before["num_syncing_indices"] + 1
    assert found["num_shard_tasks"] == before["num_shard_tasks"] + 2
    assert found["num_index_tasks"] == before["num_index_tasks"] + 1
    pair.pause(index)
    found = stats(pair.follower, "follower_stats")
    assert found["num_paused_indices"] == before["num_paused_indices"] + 1
    assert found["num_syncing_indices"] == before["num_syncing_indices"]
    assert index not in found["index_stats"]


@pytest.fixture
def settings(pair):
    """Sets persistent settings of a cluster, and takes them all back in the end."""
    changed = []

    def change(cluster, **values):
        changed.append((cluster, values))
        cluster.settings(**values)
    yield change
    for cluster, values in changed:
        cluster.settings(**dict.fromkeys(values))


def test_every_figure_of_a_leader_moves(pair, index):
    """Reads from the translog and, of an index that keeps none, from Lucene, until each of the nine has grown."""
    lucene = f"{index}-lucene"
    pair.leader.create_index(lucene, settings={"index.plugins.replication.translog.retention_size": "0b"})
    pair.follow(lucene)
    fill(pair, index, 50)
    before = stats(pair.leader, "leader_stats")

    def moved():
        pair.leader.bulk([({"index": {}}, {"text": "x" * 500}) for _ in range(300)], index)
        pair.pause(lucene)
        pair.leader.bulk([({"index": {}}, {"text": "x" * 500}) for _ in range(300)], lucene)
        pair.leader.ok("POST", f"/{lucene}/_flush?force=true&wait_if_ongoing=true")
        assert pair.resume(lucene).status == 200
        pair.caught_up(lucene)
        pair.caught_up(index)
        now = stats(pair.leader, "leader_stats")
        assert all(now[counter] > before[counter] for counter in LEADER_COUNTERS if counter != "translog_size_bytes"), now
        return now["translog_size_bytes"] > 0 and now
    now = until(moved, 90, "every figure of the leader has grown")
    assert now["num_replicated_indices"] >= 2 and {index, lucene} <= set(now["index_stats"])
    pair.drop(lucene)


def held_up(pair, index, settings):
    """Brings about, one after another, what each counter of trouble counts; answers when it has grown."""
    def grows(counter, more=lambda: None):
        start = stats(pair.follower, "follower_stats")

        def grown():
            more()
            now = stats(pair.follower, "follower_stats")
            return now[counter] > start[counter] and now["index_stats"][index][counter] > 0
        until(grown, 90, f"{counter} grows")

    def write(size=10):
        pair.leader.bulk([({"index": {}}, {"text": "x" * size}) for _ in range(200)], index)

    pair.link.cut()
    try:
        grows("failed_read_requests")
    finally:
        pair.link.resume()
    pair.wait_connected()
    settings(pair.leader, plugins__replication__leader__thread_pool__size=1, plugins__replication__leader__thread_pool__queue_size=0)
    grows("throttled_read_requests", write)
    settings(pair.leader, plugins__replication__leader__thread_pool__size=None,
             plugins__replication__leader__thread_pool__queue_size=None)
    assert pair.follower.request("PUT", f"{API}/{index}/_update", {"index.blocks.write": True}).status == 200
    grows("failed_write_requests", write)
    assert pair.follower.request("PUT", f"{API}/{index}/_update", {}).status == 200
    pair.caught_up(index)


def test_every_figure_of_a_follower_moves(pair, index, settings):
    """Under load, with each kind of failure, and with followers in each state.

    Not throttled_write_requests: a primary on the pump's own node takes what the pump has room for.
    """
    moving = [counter for counter in FOLLOWER_COUNTERS if counter != "throttled_write_requests"]
    states = {state: f"{index}-{state}" for state in ("paused", "failed", "bootstrapping")}
    for one in states.values():
        pair.leader.create_index(one)
    before = stats(pair.follower, "follower_stats")
    fill(pair, index, 300, shards=6)
    held_up(pair, index, settings)
    try:
        pair.follow(states["paused"])
        pair.pause(states["paused"])
        pair.follower.ok("PUT", "/_cluster/settings", {"transient": {"cluster.max_shards_per_node": 1}})
        pair.start_replication(states["failed"], query="?wait_for_restore=true")
        pair.follower.ok("PUT", "/_cluster/settings", {"transient": {"cluster.max_shards_per_node": None}})
        settings(pair.follower, cluster__routing__allocation__node_initial_primaries_recoveries=0)
        assert pair.start_replication(states["bootstrapping"]).status == 200
        now = until(lambda: (lambda found: found if all(found[f"num_{state}_indices"] == before[f"num_{state}_indices"] + 1
                                                        for state in ("syncing", *states)) else None)(
            stats(pair.follower, "follower_stats")), 60, "one follower in each state")
        for figure in ("num_shard_tasks", "num_index_tasks", *moving):
            assert now[figure] > before[figure], (figure, now)
        assert now["num_shard_tasks"] >= before["num_shard_tasks"] + 6
        assert all(now["index_stats"][index][counter] > 0 for counter in moving), now
    finally:
        pair.follower.ok("PUT", "/_cluster/settings", {"transient": {"cluster.max_shards_per_node": None}})
        pair.follower.settings(cluster__routing__allocation__node_initial_primaries_recoveries=None)
        for one in states.values():
            pair.drop(one)


def test_stats_of_the_old_path(pair):
    for which in ("leader_stats", "follower_stats"):
        old = pair.follower.ok("GET", f"/_opendistro/_replication/{which}")
        assert list(old) == list(stats(pair.follower, which))
