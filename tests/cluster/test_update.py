"""PUT _update: the user's settings of a follower are replaced."""
import pytest

from harness.pair import API
from harness.wait import until


def update(pair, index, body, query=""):
    return pair.follower.request("PUT", f"{API}/{index}/_update{query}", body)


def settings(pair, index):
    return pair.follower.ok("GET", f"/{index}/_settings?flat_settings=true")[index]["settings"]


def test_update_replaces_the_settings(pair, index):
    """Both forms of the body; a setting that is not named again goes back to what the leader has."""
    pair.leader.create_index(index, settings={"index.refresh_interval": "7s"})
    pair.follow(index, settings={"index.refresh_interval": "3s"})
    assert settings(pair, index)["index.refresh_interval"] == "3s"
    answer = update(pair, index, {"settings": {"index.refresh_interval": "4s", "index.max_result_window": 777}},
                    "?timeout=20s&master_timeout=20s")
    assert answer.status == 200 and answer.json == {"acknowledged": True}, answer
    until(lambda: settings(pair, index)["index.refresh_interval"] == "4s", 60, "the new value is in place")
    assert settings(pair, index)["index.max_result_window"] == "777"
    answer = update(pair, index, {"index": {"max_result_window": 778}}, "?cluster_manager_timeout=20s")
    assert answer.status == 200, answer
    until(lambda: settings(pair, index)["index.max_result_window"] == "778", 60, "the nested form is understood")
    until(lambda: settings(pair, index)["index.refresh_interval"] == "7s", 60, "the leader's value is back")


def test_update_while_paused(pair, index):
    """Takes effect when the replication goes on."""
    pair.leader.create_index(index)
    pair.follow(index)
    pair.pause(index)
    assert update(pair, index, {"index.max_result_window": 555}).json == {"acknowledged": True}
    assert pair.resume(index).status == 200
    until(lambda: settings(pair, index).get("index.max_result_window") == "555", 60, "the value is in place")


@pytest.mark.parametrize("body, text", [
    (None, "request body or source parameter is required"), ("{", ""), ("[1]", ""),
    ({"index.no_such_setting": 1}, "no_such_setting"), ({"number_of_replicas": 1}, "number_of_replicas"),
    ({"index.number_of_replicas": "many"}, "number_of_replicas"),
    ({"index.max_result_window": None}, "index.max_result_window"),
    ({"index.number_of_shards": 2}, "[index.number_of_shards] is as the leader index has it"),
    ({"index.replication.type": "SEGMENT"}, "give it to the _start of a new follower index"),
    ({"index.verified_before_close": True}, "[index.verified_before_close] is not for users to set"),
    ({"index.plugins.replication.follower.leader_index": "a:b"}, "index.plugins.replication.follower.leader_index"),
    ({"settings": {"index.max_result_window": 5}, "index.refresh_interval": "1s"}, "settings"),
])
def test_wrong_updates(pair, followed, body, text):
    before = settings(pair, followed)
    answer = update(pair, followed, body)
    assert answer.status == 400 and text in answer.text, answer
    assert settings(pair, followed) == before


@pytest.fixture(scope="module")
def followed(pair):
    pair.leader.create_index("wrong-updates")
    pair.follow("wrong-updates")
    yield "wrong-updates"
    pair.drop("wrong-updates")


def test_update_without_replication(pair):
    answer = update(pair, "nothing-here", {"index.max_result_window": 5})
    assert answer.status == 400 and "No replication in progress for index:nothing-here" in answer.reasons(), answer
