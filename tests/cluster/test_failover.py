"""_failover: followers become ordinary indices, and the answer tells what they had of their leader."""
import pytest

from harness.pair import ALIAS, API
from harness.wait import until


def failover(pair, pattern):
    return pair.follower.request("POST", f"{API}/_failover", {"pattern": pattern})


def filled(pair, index, count=100, **more):
    pair.leader.create_index(index, **more)
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(count)], index)
    pair.follow(index)
    pair.caught_up(index)


def test_one_that_has_everything(pair, index):
    filled(pair, index, shards=2)
    until(lambda: _lag(pair, index) == 0, 60, "the follower knows that nothing is missing")
    before = pair.leader.primary_checkpoints(index)
    answer = pair.follower.ok("POST", pair.url(index, "_failover"))
    assert (answer["acknowledged"], answer["num_promoted"], answer["num_failed"]) == (True, 1, 0), answer
    told = answer["indices"][index]
    assert (told["promoted"], told["status_before"], told["leader_alias"], told["leader_index"]) == (
        True, "SYNCING", ALIAS, index)
    assert [shard["shard"] for shard in told["shards"]] == [0, 1]
    for shard in told["shards"]:
        assert shard["last_applied_seq_no"] == shard["max_seq_no"] == shard["leader_seq_no"] == before[shard["shard"]][0]
        assert shard["missing_operations"] == 0 and shard["promoted"]
        assert shard["as_of_millis"] > 1.6e12
    assert pair.status(index) == {"status": "REPLICATION NOT IN PROGRESS"}
    pair.follower.put(index, "new", {"n": -1})  # an ordinary index now


def test_what_was_known_to_be_missing_is_told(pair, index):
    """Batches that are fetched wait behind another block: the leader's operations are known, and not here."""
    filled(pair, index, 50)
    _read_only(pair, index, True)
    try:
        pair.leader.bulk([({"index": {"_id": f"late-{n}"}}, {"n": n}) for n in range(30)], index)
        until(lambda: _lag(pair, index) == 30, 60, "30 operations are known and not applied")
        pair.link.cut()
        _read_only(pair, index, None)
        answer = failover(pair, index)
    finally:
        pair.link.resume()
        _read_only(pair, index, None)
    assert answer.status == 200, answer
    shard, = answer.json["indices"][index]["shards"]
    count = pair.follower.ok("POST", f"/{index}/_refresh") and pair.follower.ok("GET", f"/{index}/_count")["count"]
    assert shard["leader_seq_no"] == 79 and shard["missing_operations"] == 80 - count, (shard, count)
    assert shard["last_applied_seq_no"] == count - 1


def test_a_paused_one_asks_the_leader(pair, index):
    """Operations that came during the pause are known to be missing, because the leader says so."""
    filled(pair, index, 50)
    assert pair.pause(index).status == 200
    pair.leader.bulk([({"index": {"_id": f"late-{n}"}}, {"n": n}) for n in range(30)], index)
    answer = failover(pair, index)
    assert answer.status == 200, answer
    shard, = answer.json["indices"][index]["shards"]
    assert (shard["last_applied_seq_no"], shard["leader_seq_no"], shard["missing_operations"]) == (49, 79, 30), shard
    assert shard["last_applied_time_millis"] > 1.6e12 and shard["as_of_millis"] > 1.6e12, shard


def test_a_paused_one_remembers_when_the_leader_is_gone(pair, index):
    """What was known when it was paused is still known when nobody can be asked any more."""
    filled(pair, index, 50)
    _read_only(pair, index, True)
    try:
        pair.leader.bulk([({"index": {"_id": f"late-{n}"}}, {"n": n}) for n in range(30)], index)
        until(lambda: _lag(pair, index) == 30, 60, "30 operations are known and not applied")
        assert pair.pause(index).status == 200
        pair.link.cut()
        _read_only(pair, index, None)
        answer = failover(pair, index)
    finally:
        pair.link.resume()
        _read_only(pair, index, None)
    assert answer.status == 200, answer
    shard, = answer.json["indices"][index]["shards"]
    assert shard["leader_seq_no"] == 79, shard
    assert shard["missing_operations"] == 79 - shard["last_applied_seq_no"] and shard["last_applied_time_millis"], shard
    assert answer.json["indices"][index]["status_before"] == "PAUSED"


def _lag(pair, index):
    status = pair.follower.ok("GET", pair.url(index, "_status") + "?detailed=true")
    details = status["syncing_details"]
    assert details["leader_checkpoint"] >= 0
    return status["details"]["lag"]["operations"]


def _read_only(pair, index, value):
    answer = pair.follower.request("PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": value})
    assert answer.status == 200, answer


def test_a_pattern(pair, family):
    a, b, c = family
    for one in family:
        filled(pair, one, 20)
    assert pair.pause(b).status == 200
    answer = failover(pair, f"{a[:-1]}*,-{c}")
    assert answer.status == 200 and answer.json["num_promoted"] == 2, answer
    assert list(answer.json["indices"]) == [a, b]
    assert answer.json["indices"][b]["status_before"] == "PAUSED"
    assert answer.json["indices"][b]["shards"][0]["last_applied_seq_no"] == 19
    assert answer.json["indices"][b]["shards"][0]["missing_operations"] == 0
    assert [pair.status(one)["status"] for one in family] == [
        "REPLICATION NOT IN PROGRESS", "REPLICATION NOT IN PROGRESS", "SYNCING"]


def refused(pair, index, before):
    """_failover of it is refused, and whatever it was about it is about still."""
    answer = pair.follower.request("POST", pair.url(index, "_failover"))
    assert answer.status == 200 and answer.json["num_promoted"] == 0 or answer.status == 409, answer
    assert "no complete copy" in answer.text and "_stop gives it up" in answer.text, answer
    assert pair.status(index)["status"] == before


def test_one_that_has_no_index_yet_goes_on_afterwards(pair, index):
    """A bootstrap that waits for a node for its shards."""
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    enable = "cluster.routing.allocation.enable"
    pair.follower.ok("PUT", "/_cluster/settings", {"transient": {enable: "none"}})
    try:
        assert pair.start_replication(index, query="?wait_for_restore=false").status == 200
        refused(pair, index, "BOOTSTRAPPING")
        until(lambda: "no node of this cluster may take" in pair.status(index)["reason"], 60, "the bootstrap waits")
        refused(pair, index, "BOOTSTRAPPING")
    finally:
        pair.follower.ok("PUT", "/_cluster/settings", {"transient": {enable: None}})
    pair.wait_status(index, "SYNCING")
    assert pair.same(index) == 1


def test_one_whose_bootstrap_has_failed(pair, index):
    pair.leader.create_index(index)
    limit = "cluster.max_shards_per_node"
    pair.follower.ok("PUT", "/_cluster/settings", {"transient": {limit: 1}})
    try:
        pair.start_replication(index, query="?wait_for_restore=true")
    finally:
        pair.follower.ok("PUT", "/_cluster/settings", {"transient": {limit: None}})
    pair.wait_status(index, "FAILED")
    refused(pair, index, "FAILED")
    assert pair.stop_replication(index).status == 200
    assert pair.status(index) == {"status": "REPLICATION NOT IN PROGRESS"}


def test_one_that_is_being_copied_goes_on_afterwards(pair, index):
    """Its index is there, and nothing is in it yet."""
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    room = "cluster__routing__allocation__node_initial_primaries_recoveries"  # 0 lets a restore wait
    pair.follower.settings(**{room: 0})
    try:
        assert pair.start_replication(index, query="?wait_for_restore=false").status == 200
        until(lambda: pair.follower.request("HEAD", f"/{index}").status == 200, 60, "the copy waits")
        refused(pair, index, "BOOTSTRAPPING")
    finally:
        pair.follower.settings(**{room: None})
    pair.wait_status(index, "SYNCING")
    assert pair.same(index) == 1


@pytest.mark.parametrize("method_path_body, status, text", [
    (("/_failover", {}), 400, "pattern is required"),
    (("/_failover", {"pattern": "none-*"}), 404, "No indices found matching pattern: [none-*]"),
    (("/_failover", {"pattern": ","}), 400, "[pattern] is [,], which names no follower"),
    (("/_failover", {"pattern": "-none-*"}), 400, "[pattern] is [-none-*], which names no follower"),
    (("/none/_failover", None), 400, "No replication in progress for index:none"),
    (("/none/_failover", {"pattern": "other"}), 400, "[pattern] is given more than once"),
    (("/_failover", {"patern": "none"}), 400, "unknown field [patern]"),
])
def test_refusals(pair, method_path_body, status, text):
    where, body = method_path_body
    answer = pair.follower.request("POST", API + where, body)
    assert answer.status == status and text in answer.reasons(), answer
