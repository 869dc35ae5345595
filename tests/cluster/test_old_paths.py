"""The paths and the words of the time before the plugin had its present name."""
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
    for body in ({"remote_cluster": ALIAS}, {"remote_index": index}, {"remote_cluster": ALIAS, "remote_index": index, "surprise": 1}):
        answer = pair.follower.request("PUT", f"{OLD}/{index}/_start", body)
        assert answer.status == 400, answer
    assert pair.follower.ok("GET", f"{API}/{index}/_status") == {"status": "REPLICATION NOT IN PROGRESS"}
    assert pair.follower.request("HEAD", f"/{index}").status == 404
