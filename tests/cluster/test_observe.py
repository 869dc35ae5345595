"""Issue 4, section 5: lists, details, _cat; the lag in operations, bytes and time."""
import pytest

from harness.pair import ALIAS, API
from harness.wait import until

CONTRACT = {"status", "reason", "leader_alias", "leader_index", "follower_index", "syncing_details"}


def docs(count, first=0):
    return [({"index": {"_id": f"{n}"}}, {"n": n, "text": f"the words of document number {n}"})
            for n in range(first, first + count)]


def filled(pair, index, count=300, **more):
    pair.leader.create_index(index, **more)
    pair.leader.bulk(docs(count), index)
    pair.follow(index)


def status_of(pair, index, query="?detailed=true"):
    return pair.follower.ok("GET", pair.url(index, "_status") + query)


def listed(pair, query):
    return pair.follower.ok("GET", f"{API}/_status{query}")


def test_details_are_there_only_when_asked_for(pair, index):
    filled(pair, index, shards=2)
    pair.leader.bulk(docs(500, 300), index)
    pair.caught_up(index)
    assert set(pair.status(index)) == CONTRACT

    def settled():
        details = status_of(pair, index)["details"]
        return details["lag"] == {"operations": 0, "bytes": 0, "millis": 0} and details
    details = until(settled, 60, "nothing is missing")
    assert details["since_millis"] > 1.6e12
    moved = details["transferred"]
    assert moved["operations_read"] == moved["operations_written"] > 0
    assert moved["bytes"] > moved["wire_bytes"] > 0, "operations travel packed"
    copy = details["bootstrap"]
    assert copy["bytes_recovered"] == copy["bytes_total"] > 0 and copy["eta_millis"] == 0, copy
    assert copy["wire_bytes"] > 0 and copy["bytes_per_second"] > 0 and copy["running_time_millis"] > 0
    assert set(details["rate"]) == {"operations_per_second", "bytes_per_second", "wire_bytes_per_second"}
    assert "last_error" not in details
    verbose = status_of(pair, index, "?detailed=true&verbose=true")
    assert [set(shard) for shard in verbose["shard_replication_details"]] == [
        {"shard_id", "syncing_task_details", "node", "details"}] * 2
    assert sum(shard["details"]["transferred"]["operations_read"]
               for shard in verbose["shard_replication_details"]) >= moved["operations_read"]


def test_lag_grows_while_the_leader_is_away(pair, index):
    filled(pair, index)
    pair.caught_up(index)
    pair.link.cut()
    pair.leader.bulk(docs(50, 300), index)

    def behind():
        details = status_of(pair, index)["details"]
        return details["lag"]["millis"] > 1500 and details["last_error"]["attempts"] > 1 and details
    details = until(behind, 60, "the lag grows")
    error = details["last_error"]
    assert error["type"] == "UNREACHABLE" and error["reason"] and not error["over"], error
    row = pair.follower.ok("GET", f"/_cat/replication/{index}?format=json&h=index,status,error,error.attempts")[0]
    assert (row["status"], row["error"]) == ("SYNCING", "UNREACHABLE") and int(row["error.attempts"]) > 1, row
    pair.link.resume()
    pair.caught_up(index)

    def well():
        now = status_of(pair, index)["details"]
        return now["lag"] == {"operations": 0, "bytes": 0, "millis": 0} and now["last_error"]["over"] and now
    after = until(well, 60, "the lag is gone")
    assert after["last_error"]["time_millis"] >= error["time_millis"]


def test_what_ended_a_replication_is_told(pair, index):
    """One that has paused itself has no figures, and says why, and what was known."""
    filled(pair, index, 40, shards=2)
    pair.caught_up(index)
    assert pair.leader.delete_index(index).status == 200
    pair.wait_status(index, "PAUSED")
    status = status_of(pair, index)
    error = status["details"]["last_error"]
    assert (error["type"], error["reason"], error["over"]) == ("LEADER_MISSING", status["reason"], False), status
    assert error["time_millis"] == status["details"]["since_millis"] > 1.6e12
    known = {mark["shard"]: mark for mark in status["details"]["last_known"]}
    assert sorted(known) == [0, 1] and sum(mark["leader_seq_no"] + 1 for mark in known.values()) == 40, status
    row = pair.follower.ok("GET", f"/_cat/replication/{index}?format=json&h=status,error,error.time,error.attempts")[0]
    assert (row["status"], row["error"], row["error.attempts"]) == ("PAUSED", "LEADER_MISSING", "1") and row["error.time"], row
    assert set(pair.status(index)) == CONTRACT - {"syncing_details"}


def test_lag_of_a_paused_one(pair, index):
    """What is here gets older while it stands still; what was known to be missing stays so."""
    filled(pair, index, 40, shards=2)
    pair.caught_up(index)
    until(lambda: status_of(pair, index)["details"]["lag"].get("operations") == 0, 60, "it knows that nothing is missing")
    pair.follower.ok("PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": True})
    try:
        pair.leader.bulk(docs(20, 40), index)
        known = until(lambda: status_of(pair, index)["details"]["lag"]["operations"] == 20 and status_of(pair, index)["details"]["lag"],
                      60, "it is known what is missing")
        assert pair.pause(index).status == 200
    finally:
        pair.follower.ok("PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": None})
    first = status_of(pair, index)["details"]
    assert first["lag"]["operations"] == 20 and first["lag"]["bytes"] > 0 and "rate" not in first, first
    assert first["lag"]["millis"] >= known["millis"], (first, known)
    until(lambda: status_of(pair, index)["details"]["lag"]["millis"] > first["lag"]["millis"], 10, "it gets older")
    columns = "lag.time,lag.ops,lag.bytes,rate.ops"
    row, = pair.follower.ok("GET", f"/_cat/replication/{index}?format=json&bytes=b&time=ms&h={columns}")
    assert (row["lag.ops"], row["lag.bytes"]) == ("20", str(first["lag"]["bytes"])), row
    assert int(row["lag.time"]) > first["lag"]["millis"] and row["rate.ops"] is None, row


def test_list_with_pattern_and_state(pair, family):
    a, b, c = family
    for one in family:
        filled(pair, one, 20)
    assert pair.pause(b, "lunch").status == 200
    prefix = a[:-1]
    everything = listed(pair, f"?pattern={prefix}*")
    assert everything["total"] == 3 and list(everything["indices"]) == family
    assert {name: status["status"] for name, status in everything["indices"].items()} == {
        a: "SYNCING", b: "PAUSED", c: "SYNCING"}
    assert set(everything["indices"][a]) == CONTRACT
    assert everything["indices"][b]["reason"] == "lunch"
    assert list(listed(pair, f"?pattern={prefix}*&state=paused,failed")["indices"]) == [b]
    assert list(listed(pair, f"?pattern={prefix}*,-{c}")["indices"]) == [a, b]
    assert set(family) <= set(listed(pair, "")["indices"])
    assert listed(pair, "?pattern=none-of-these")["indices"] == {}

    def told():
        details = listed(pair, f"?pattern={prefix}*&detailed=true")["indices"]
        return details[a]["details"]["lag"]["operations"] == 0 and details
    assert until(told, 60, "it knows that nothing is missing")[b]["details"]["since_millis"] > 0
    old = pair.follower.ok("GET", f"/_opendistro/_replication/_status?pattern={prefix}*")
    assert list(old["indices"]) == family


@pytest.mark.parametrize("query, text", [
    ("?state=RUNNING", "[state] must be a list of SYNCING"),
    ("?what=ever", "unrecognized parameter: [what]"),
    ])
def test_list_refuses_what_it_does_not_know(pair, query, text):
    answer = pair.follower.request("GET", f"{API}/_status{query}")
    assert answer.status == 400 and text in answer.reasons() and "caused_by" not in answer.error, answer


def test_cat_replication(pair, family):
    a, b, _ = family
    filled(pair, a, 40, shards=2)
    filled(pair, b, 10)
    text = pair.follower.ok("GET", f"/_cat/replication/{a[:-1]}*?v")
    head, *rows = text.splitlines()
    assert head.split()[:5] == ["index", "status", "leader.alias", "leader.index", "shards"], head
    assert [row.split()[:5] for row in rows] == [[a, "SYNCING", ALIAS, a, "2"], [b, "SYNCING", ALIAS, b, "1"]]
    picked = pair.follower.ok("GET", f"/_cat/replication/{a[:-1]}*?h=i,sh&s=shards")
    assert [row.split() for row in picked.splitlines()] == [[b, "1"], [a, "2"]]

    def told():
        rows = pair.follower.ok("GET", f"/_cat/replication/{a}?format=json&bytes=b&h=*")
        return rows[0]["lag.ops"] == "0" and rows[0]["lag.bytes"] == "0" and rows
    assert len(until(told, 60, "it knows that nothing is missing")) == 1
    helped = pair.follower.ok("GET", "/_cat/replication?help")
    assert "lag.time" in helped and "everything the leader had so long ago is here" in helped
    refused = pair.follower.request("GET", "/_cat/replication?s=size")
    assert refused.status == 400 and "[s] names no column to sort by: [size]" in refused.reasons(), refused
    assert "/_cat/replication\n" in pair.follower.ok("GET", "/_cat")


def test_cat_replication_shards(pair, index):
    filled(pair, index, 40, shards=3)
    rows = until(lambda: _shards_at_rest(pair, index), 60, "three shards follow")
    assert [row["shard"] for row in rows] == ["0", "1", "2"]
    assert {row["node"] for row in rows} == {pair.follower.ok("GET", "/_cat/nodes?h=name").strip()}
    checkpoints = pair.leader.primary_checkpoints(index)
    assert [int(row["follower.checkpoint"]) for row in rows] == [checkpoints[n][0] for n in range(3)]
    assert "leader.checkpoint" in pair.follower.ok("GET", "/_cat/replication/shards?help")


def _shards_at_rest(pair, index):
    rows = pair.follower.ok("GET", f"/_cat/replication/shards/{index}?format=json&s=shard")
    return len(rows) == 3 and all(row["state"] == "FOLLOWING" and row["lag.ops"] == "0" for row in rows) and rows
