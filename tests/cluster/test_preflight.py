"""_preflight and _start?dry_run=true: what a _start would come to, check by check, with nothing started."""
import pytest

from harness.cluster import path
from harness.pair import ALIAS, API

NAMES = ["connection", "round_trip", "permissions", "plugin_on_follower", "plugin_on_leader", "versions", "leader_index",
         "leader_version", "leader_shards", "no_loop", "soft_deletes", "analysis_files", "settings",
         "follower_index", "disk"]


def dry_run(pair, leader_index, follower_index=None, **more):
    answer = pair.start_replication(leader_index, follower_index, query="?dry_run=true", **more)
    assert answer.status == 200, answer
    return answer.json


def checks(answer):
    found = {check["name"]: check for check in answer["checks"]}
    assert len(found) == len(answer["checks"]), answer
    worst = [verdict for verdict in ("failed", "warning", "ok")
             if any(check["verdict"] == verdict for check in answer["checks"])][0]
    assert answer["verdict"] == worst, answer
    for check in answer["checks"]:
        assert check["message"] and ("remedy" in check) == (check["verdict"] in ("failed", "warning")), check
    return found


def only(answer, failed, text):
    """One check has failed, with the words of _start, and every other one is as it should be."""
    found = checks(answer)
    assert answer["verdict"] == found[failed]["verdict"] == "failed", answer
    assert text in found[failed]["message"], answer
    others = {name: check["verdict"] for name, check in found.items() if name != failed}
    assert set(others.values()) <= {"ok"}, answer
    return found


def test_all_is_well(pair, index):
    pair.leader.create_index(index, shards=2)
    pair.leader.put(index, "1", {"n": 1})
    by_start = dry_run(pair, index)
    url = f"{pair.url(index, '_preflight')}?leader_alias={ALIAS}&leader_index={index}"
    by_parameters = pair.follower.ok("GET", url)
    by_body = pair.follower.ok("GET", pair.url(index, "_preflight"), {"leader_alias": ALIAS, "leader_index": index})
    for answer in (by_start, by_parameters, by_body):
        found = checks(answer)
        assert sorted(found) == sorted(NAMES), answer
        assert answer["verdict"] == "ok", answer
        assert {key: answer[key] for key in ("follower_index", "leader_alias", "leader_index")} == {
            "follower_index": index, "leader_alias": ALIAS, "leader_index": index}
    assert "[2] primary shards" in found["disk"]["message"] and "all [2] primary shards" in found["leader_shards"]["message"]
    # Nothing was started.
    assert pair.status(index) == {"status": "REPLICATION NOT IN PROGRESS"}
    assert pair.follower.request("HEAD", f"/{index}").status == 404
    # Of a replication that runs, without saying what it follows.
    pair.follow(index)
    answer = pair.follower.ok("GET", pair.url(index, "_preflight"))
    found = checks(answer)
    assert answer["leader_index"] == index and answer["verdict"] == "ok", answer
    assert "is being replicated" in found["follower_index"]["message"] and found["disk"]["verdict"] == "skipped"


def test_no_connection(pair, index):
    answer = dry_run(pair, index, alias="nobody")
    found = checks(answer)
    assert found["connection"]["verdict"] == "failed" and "no such remote cluster: [nobody]" in found["connection"]["message"]
    assert "cluster.remote.nobody.seeds" in found["connection"]["remedy"]
    assert {name for name, check in found.items() if check["verdict"] == "skipped"} == {
        "round_trip", "permissions", "plugin_on_leader", "versions", "leader_index", "leader_version", "leader_shards",
        "no_loop", "soft_deletes", "analysis_files", "disk"}, answer
    assert found["follower_index"]["verdict"] == "ok"
    # A link that swallows everything.
    pair.link.stall()
    try:
        answer = pair.start_replication(index, query="?dry_run=true&timeout=2s")
        assert answer.status == 200 and checks(answer.json)["connection"]["verdict"] == "failed", answer
    finally:
        pair.link.resume()
    pair.wait_connected()


def test_leader_index(pair, index):
    found = checks(dry_run(pair, "not-there", index))
    assert found["leader_index"]["verdict"] == "failed" and "no such index [not-there]" in found["leader_index"]["message"]
    pair.leader.create_index(index)
    pair.leader.ok("POST", f"/{index}/_close")
    assert "closed" in checks(dry_run(pair, index))["leader_index"]["message"]
    pair.leader.ok("POST", f"/{index}/_open")
    pair.leader.ok("PUT", f"/{index}/_settings", {"index.blocks.read": True})
    assert "[index.blocks.read] is [true] on the leader" in checks(dry_run(pair, index))["leader_index"]["message"]
    pair.leader.ok("PUT", f"/{index}/_settings", {"index.blocks.read": None})
    pair.leader.health(index)
    pair.leader.ok("PUT", f"/{index}/_settings", {"index.number_of_replicas": 1})
    answer = dry_run(pair, index)
    found = checks(answer)
    assert answer["verdict"] == "warning" and found["leader_replicas"]["verdict"] == "warning", answer
    assert "[1] replica shards" in found["leader_replicas"]["message"]


def test_leader_primaries(pair, index):
    pair.leader.request("PUT", f"/{index}?wait_for_active_shards=0&timeout=1s", {"settings": {
        "index.number_of_replicas": 0, "index.routing.allocation.require._name": "nobody"}})
    answer = dry_run(pair, index)
    found = checks(answer)
    assert f"Primary shards in the Index[{ALIAS}:{index}] are not active" in found["leader_shards"]["message"]
    assert found["disk"]["verdict"] == "warning"


def test_settings_and_files(pair, index):
    pair.leader.create_index(index)
    only(dry_run(pair, index, settings={"index.no_such_setting": 1}), "settings", "no_such_setting")
    overlay = {"index.analysis.filter.words.type": "stop", "index.analysis.filter.words.stopwords_path": "not/there.txt"}
    only(dry_run(pair, index, settings=overlay), "analysis_files",
         "IOException while reading index.analysis.filter.words.stopwords_path")


def test_follower_index(pair, index):
    pair.leader.create_index(index)
    pair.follower.create_index(index)
    only(dry_run(pair, index), "follower_index", f"Cant use same index again for replication. Delete the index:{index}")
    pair.follower.delete_index(index)
    pair.follower.settings(plugins__replication__follower__block__start=True)
    try:
        found = only(dry_run(pair, index), "follower_index", "[FORBIDDEN] Replication START block is set")
        assert "plugins.replication.follower.block.start" in found["follower_index"]["remedy"]
    finally:
        pair.follower.settings(plugins__replication__follower__block__start=None)


def test_disk(pair, index):
    """Below a low watermark that no disk reaches there is no room."""
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    disk = "cluster.routing.allocation.disk."
    values = {disk + "threshold_enabled": True, disk + "watermark.low": "900tb", disk + "watermark.high": "1mb",
              disk + "watermark.flood_stage": "1mb"}
    pair.follower.ok("PUT", "/_cluster/settings", {"persistent": values})
    try:
        found = only(dry_run(pair, index), "disk", "they do not fit")
        assert disk + "watermark.low" in found["disk"]["remedy"]
    finally:
        pair.follower.ok("PUT", "/_cluster/settings", {"persistent": dict.fromkeys(values)})


@pytest.mark.parametrize("query, text", [("", "is not replicated yet"), (f"?leader_alias={ALIAS}", "Mandatory params [leader_index]"),
                                         ("?leader_index=x", "Mandatory params [leader_alias]"), ("?surprise=1", "surprise"),
                                         (f"?leader_alias={ALIAS}&leader_index=X", "must be lowercase")])
def test_bad_requests(pair, query, text):
    answer = pair.follower.request("GET", API + path("refused") + "/_preflight" + query)
    assert answer.status == 400 and text in answer.text, answer
