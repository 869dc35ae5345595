"""The leader index is empty, closed, opened again, deleted, made anew."""
from harness.wait import until


def told(pair, index, *words):
    """Waits until the status tells one of the words in its reason; it must stay 200."""
    def seen():
        status = pair.status(index)
        return any(word in status.get("reason", "").lower() for word in words) and status
    return until(seen, 60, f"the reason tells one of {words}")


def test_empty_index(pair, index):
    pair.leader.create_index(index, shards=3)
    pair.follow(index)
    assert pair.same(index) == 0
    pair.leader.put(index, "first", {"n": 1})
    assert pair.same(index) == 1


def test_closed_and_opened_again(pair, index):
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    pair.follow(index)
    pair.caught_up(index)
    pair.leader.ok("POST", f"/{index}/_close")
    status = told(pair, index, "closed")
    assert status["status"] in ("SYNCING", "PAUSED"), status
    assert pair.follower.get(index, "1"), "the follower stays readable"
    pair.leader.ok("POST", f"/{index}/_open")
    pair.leader.health(index)
    if pair.status(index)["status"] == "PAUSED":
        assert pair.resume(index).status == 200
    pair.leader.put(index, "2", {"n": 2})
    assert pair.same(index) == 2


def test_start_on_a_closed_leader_index(pair, index):
    pair.leader.create_index(index)
    pair.leader.ok("POST", f"/{index}/_close")
    answer = pair.start_replication(index)
    assert answer.status == 400, answer
    assert pair.follower.request("HEAD", f"/{index}").status == 404


def test_deleted(pair, index):
    pair.leader.create_index(index)
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(50)], index)
    pair.follow(index)
    pair.caught_up(index)
    pair.leader.delete_index(index)
    status = told(pair, index, "no such index", "deleted", "not found", "not there")
    assert status["status"] in ("SYNCING", "PAUSED"), status
    assert pair.follower.get(index, "49"), "what was replicated stays"
    assert pair.stop_replication(index).status == 200
    pair.follower.put(index, "own", {})


def test_deleted_and_made_anew(pair, index):
    """Another index of the same name is not followed: its documents must not mix with the old ones."""
    pair.leader.create_index(index)
    pair.leader.put(index, "old", {"n": 1})
    pair.follow(index)
    pair.caught_up(index)
    pair.leader.delete_index(index)
    pair.leader.create_index(index)
    for n in range(20):
        pair.leader.put(index, f"new-{n}", {"n": n})
    status = told(pair, index, "no such index", "deleted", "not found", "lease", "history", "uuid", "another")
    assert status["status"] in ("SYNCING", "PAUSED"), status
    assert pair.follower.get(index, "old") and not pair.follower.get(index, "new-19")
