"""Issue item 2: _start while the leader is written at full speed, and at rest on a commit made under load."""
import pytest

from harness.load import Writer
from harness.wait import until


def start_in_the_middle(pair, index, shards, before, after, **load):
    pair.leader.create_index(index, shards=shards)
    with Writer(pair.leader, index, threads=3, **load) as writer:
        writer.wait(before)
        answer = pair.start_replication(index)
        assert answer.status == 200, answer
        pair.wait_status(index, "SYNCING", timeout=120)
        writer.wait(after)
    return pair.same(index, timeout=180)


@pytest.mark.parametrize("shards", [1, 5])
def test_start_under_load(pair, index, shards):
    assert start_in_the_middle(pair, index, shards, before=15000, after=15000, seed=shards) > 1000


def test_start_under_load_again(pair, index):
    """Several short trials: the moment of the commit differs each time."""
    for trial in range(3):
        target = f"{index}-{trial}"
        try:
            start_in_the_middle(pair, target, 1, before=3000 + 2500 * trial, after=4000, seed=40 + trial,
                                new_fields=True)
        finally:
            pair.drop(target)


def commit_gap(pair, index):
    """How far max_seq_no is before local_checkpoint in the last commits of the leader's primaries."""
    gaps = []
    for _, routing, _, stats in pair.leader.shard_stats(index):
        data = stats["commit"]["user_data"]
        gaps.append(int(data["max_seq_no"]) - int(data["local_checkpoint"]))
    return max(gaps)


@pytest.mark.parametrize("trial", range(4))
def test_start_at_rest_on_a_commit_made_under_load(pair, index, trial):
    pair.leader.create_index(index, settings={"index.refresh_interval": "60s"})
    with Writer(pair.leader, index, threads=4, bulk=800, seed=60 + trial) as writer:
        writer.wait(4000 + 1500 * trial)

        def gap_commit():
            pair.leader.ok("POST", f"/{index}/_flush?force=true&wait_if_ongoing=true")
            return commit_gap(pair, index) > 0
        until(gap_commit, 60, "a commit with local_checkpoint < max_seq_no", interval=0.2)
    assert commit_gap(pair, index) > 0
    pair.follow(index)
    count = pair.same(index)
    pair.leader.bulk([({"index": {"_id": f"later-{n}"}}, {"n": n}) for n in range(200)], index)
    assert pair.same(index) == count + 200
