"""The paths and the words of the time before the plugin had its present name."""
import json
import re

import pytest

from harness.openapi import description
from harness.pair import ALIAS, API

OLD = "/_opendistro/_replication"


def test_a_whole_life_by_the_old_paths(pair, index):
    """_start with remote_cluster and remote_index, then every other verb of one follower."""
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    follower = f"{index}-copy"

    def old(method, verb, body=None):
        answer = pair.follower.request(method, f"{OLD}/{follower}/{verb}", body)
        assert answer.status == 200, answer
        return answer.json
    try:
        assert old("PUT", "_start", {"remote_cluster": ALIAS, "remote_index": index}) == {"acknowledged": True}
        pair.wait_status(follower, "SYNCING")
        status = old("GET", "_status")
        assert (status["status"], status["leader_alias"], status["leader_index"]) == ("SYNCING", ALIAS, index), status
        assert pair.same(index, follower) == 1
        assert old("POST", "_pause", {}) == {"acknowledged": True}
        assert old("GET", "_status")["status"] == "PAUSED"
        assert old("POST", "_resume", {}) == {"acknowledged": True}
        assert old("PUT", "_update", {"settings": {"index.refresh_interval": "7s"}}) == {"acknowledged": True}
        pair.leader.put(index, "2", {"n": 2})
        assert pair.same(index, follower) == 2
        assert old("POST", "_stop", {}) == {"acknowledged": True}
        assert old("GET", "_status") == {"status": "REPLICATION NOT IN PROGRESS"}
    finally:
        pair.stop_replication(follower)
        pair.follower.delete_index(follower)


def test_old_words_are_refused_where_they_say_another_thing(pair, index):
    """Both words for one thing with two values, or the old ones incomplete: 400, and nothing begins."""
    pair.leader.create_index(index)
    both = {"remote_cluster": ALIAS, "remote_index": index}
    for body, text in (
            ({"remote_cluster": ALIAS}, "leader_index"), ({"remote_index": index}, "leader_alias"),
            ({**both, "surprise": 1}, "surprise"),
            ({**both, "leader_alias": "another"}, "[remote_cluster] and [leader_alias] mean the same"),
            ({**both, "leader_index": "another"}, "[remote_index] and [leader_index] mean the same"),
            ({"leader_index": "another", **both}, "give one of them, not [another] and")):
        answer = pair.follower.request("PUT", f"{OLD}/{index}/_start", body)
        assert answer.status == 400 and text in answer.text, answer
    answer = pair.follower.request("PUT", f"{API}/{index}/_start", both)
    assert answer.status == 400 and "remote_" in answer.text, answer
    assert pair.follower.ok("GET", f"{API}/{index}/_status") == {"status": "REPLICATION NOT IN PROGRESS"}
    assert pair.follower.request("HEAD", f"/{index}").status == 404
    # The same said twice is no contradiction.
    assert pair.follower.ok("PUT", f"{OLD}/{index}/_start", {**both, "leader_alias": ALIAS}) == {"acknowledged": True}


@pytest.mark.parametrize("method, path", sorted(
    (method.upper(), path) for path, operations in description()["paths"].items() if path.startswith(API)
    for method in operations if method != "parameters"))
def test_every_path_has_its_old_name(pair, method, path):
    """A request that is refused for what it says is refused alike by both; neither is unknown to OpenSearch."""
    names = {"index": "no-such-follower", "task_id": "no-task", "rule": "no-such-rule", "follower": "no-such-follower"}
    url = re.sub(r"\{(\w+)\}", lambda name: names[name[1]], path.removeprefix(API)) + "?no_such_parameter=1"
    new, old = (pair.follower.request(method, base + url) for base in (API, OLD))
    assert (old.status, old.json) == (new.status, json.loads(new.text.replace(API, OLD))), (old, new)
    assert new.status in (400, 404) and "no handler found" not in new.text, new
