"""leader_stats and follower_stats: exactly the contract's fields, with true numbers."""
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
    # A stopped replication has taken its leases along.
    pair.stop_replication(index)
    assert index not in stats(pair.leader, "leader_stats")["index_stats"]


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


def test_stats_of_the_old_path(pair):
    for which in ("leader_stats", "follower_stats"):
        old = pair.follower.ok("GET", f"/_opendistro/_replication/{which}")
        assert list(old) == list(stats(pair.follower, which))
