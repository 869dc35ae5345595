"""Issue item 4: the translog no longer has the range; and what happens to leases during a pause."""
import pytest

from harness.load import Writer
from harness.wait import until


def flush_away_history(cluster, index):
    """Flush and force-merge, so that operations below the leases remain in Lucene only."""
    cluster.ok("POST", f"/{index}/_flush?force=true&wait_if_ongoing=true")
    cluster.ok("POST", f"/{index}/_forcemerge?max_num_segments=1&flush=true")
    cluster.ok("POST", f"/{index}/_flush?force=true&wait_if_ongoing=true")


@pytest.mark.parametrize("translog", ["kept", "gone"])
def test_pause_under_load_flush_merge_resume(pair, index, translog):
    settings = {"index.translog.generation_threshold_size": "1mb"}
    if translog == "gone":
        settings["index.plugins.replication.translog.retention_size"] = "1b"
    pair.leader.create_index(index, settings=settings)
    pair.follow(index)
    with Writer(pair.leader, index, seed=5) as writer:
        writer.wait(4000)
        assert pair.pause(index).json == {"acknowledged": True}
        writer.wait(6000)
        flush_away_history(pair.leader, index)
        writer.wait(2000)
    if translog == "gone":
        flush_away_history(pair.leader, index)

        def only_lucene_has_it():
            stats = pair.leader.ok("GET", f"/{index}/_stats/translog")["_all"]["primaries"]["translog"]
            return stats["operations"] < 4000
        until(only_lucene_has_it, 60, "the translog is trimmed")
    assert pair.status(index)["status"] == "PAUSED"
    assert pair.resume(index).json == {"acknowledged": True}
    pair.wait_status(index, "SYNCING")
    count = pair.same(index)
    pair.leader.put(index, "after-lucene", {})
    assert pair.same(index) == count + 1


def test_load_goes_on_while_lucene_is_read(pair, index):
    """The Lucene path meets new operations: the hand-over back to the translog loses nothing."""
    pair.leader.create_index(index, shards=2, settings={"index.plugins.replication.translog.retention_size": "1b",
                                                        "index.translog.generation_threshold_size": "1mb"})
    pair.follow(index)
    with Writer(pair.leader, index, seed=6) as writer:
        writer.wait(2000)
        pair.pause(index)
        writer.wait(5000)
        flush_away_history(pair.leader, index)
        assert pair.resume(index).status == 200
        pair.wait_status(index, "SYNCING")
        writer.wait(5000)
    pair.same(index)


def test_leases_expired_during_a_pause(pair, index):
    """Resume is refused with the contract's words; the status goes on telling that it is paused."""
    pair.leader.create_index(index)
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(100)], index)
    pair.follow(index)
    pair.caught_up(index)
    assert pair.pause(index, "for the night").status == 200
    assert pair.status(index)["reason"] == "for the night"
    pair.leader.ok("PUT", f"/{index}/_settings", {"index.soft_deletes.retention_lease.period": "100ms"})

    def expired():
        pair.leader.put(index, "tick", {})
        pair.leader.ok("POST", f"/{index}/_flush?force=true")
        return not any(lease["id"].startswith("replication:") for lease in pair.leader.leases(index)[0])
    until(expired, 90, "the lease has expired", interval=0.5)
    answer = pair.resume(index)
    assert answer.status == 404, answer
    assert f"Retention lease doesn't exist. Replication can't be resumed for {index}" in answer.reasons()
    status = pair.status(index)
    assert status["status"] == "PAUSED" and status["reason"], status
    # The way out is the contract's: stop, delete, start.
    assert pair.stop_replication(index).status == 200
    assert pair.follower.delete_index(index).status == 200
    pair.follow(index)
    assert pair.same(index) == 101


def test_resume_does_not_touch_healthy_leases(pair, index):
    """Upstream removes every lease when one shard's probe fails; ours only looks."""
    pair.leader.create_index(index, shards=3)
    pair.follow(index)
    pair.pause(index)
    before = {shard: {lease["id"] for lease in leases} for shard, leases in pair.leader.leases(index).items()}
    victim = next(lease for lease in before[1] if lease.startswith("replication:"))
    assert pair.resume(index).status == 200
    pair.wait_status(index, "SYNCING")
    after = {shard: {lease["id"] for lease in leases} for shard, leases in pair.leader.leases(index).items()}
    assert before == after and victim in after[1]
