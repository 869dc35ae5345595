"""A record that somebody damaged by hand stands in the way of its own replication only."""
import pytest

from harness.pair import API
from harness.wait import until

RECORD = "/.replication-metadata-store/_doc/"


@pytest.fixture
def two(pair, name):
    names = [f"{name}-good", f"{name}-bad"]
    yield names
    for one in names:
        pair.drop(one)


@pytest.mark.parametrize("damage", [
    {"metadata_type": "INDEX", "overall_state": "NO_STATE"},
    {"metadata_type": "INDEX", "connection_name": "leader-one", "overall_state": "RUNNING"},
    {"metadata_type": "AUTO_FOLLOW", "connection_name": "leader-one"},
], ids=["state", "context", "kind"])
def test_a_damaged_record_harms_only_itself(pair, name, two, damage):
    good, bad = two
    for index in two:
        pair.leader.create_index(index)
        pair.leader.put(index, "1", {"n": 1})
        pair.follow(index)
    answer = pair.follower.request("PUT", RECORD + bad + "?refresh=true", damage)
    assert answer.status == 200, answer
    listed = pair.follower.ok("GET", f"{API}/_status?pattern={name}*")
    states = listed["indices"]
    assert states[good]["status"] == "SYNCING", listed
    assert states[bad]["status"] == "FAILED" and "cannot be read" in states[bad]["reason"], listed
    assert pair.status(bad)["status"] == "FAILED"
    paused = pair.pause(bad)
    assert paused.status == 500 and "cannot be read" in paused.reasons(), paused
    assert pair.pause(good).status == 200 and pair.resume(good).status == 200
    # The way out that the reason names.
    assert pair.stop_replication(bad).status == 200
    assert pair.status(bad) == {"status": "REPLICATION NOT IN PROGRESS"}
    pair.follower.put(bad, "mine", {})
    assert pair.follower.delete_index(bad).status == 200
    pair.follow(bad)
    until(lambda: pair.same(bad) == 1 and pair.same(good) == 1, 60, "both go on")
