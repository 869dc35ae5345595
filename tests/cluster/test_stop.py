"""Issue item 7: _stop makes the index writable and loses nothing."""
import pytest

from harness.content import copies, read_copy
from harness.load import Writer
from harness.pair import ALIAS, API
from harness.wait import until
from harness.wire import Out, Peer


def test_stop_makes_the_index_writable(pair, index):
    pair.leader.create_index(index, shards=2)
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(1000)], index)
    pair.follow(index)
    count = pair.same(index)
    blocked = pair.follower.request("PUT", f"/{index}/_doc/x", {})
    assert blocked.status == 403
    assert blocked.error["type"] == "cluster_block_exception"
    text = f"index [{index}] blocked by: [FORBIDDEN/1000/index read-only(cross-cluster-replication)];"
    assert text in blocked.reasons()
    assert pair.stop_replication(index).json == {"acknowledged": True}
    assert pair.status(index) == {"status": "REPLICATION NOT IN PROGRESS"}
    for n in range(50):
        assert pair.follower.put(index, f"own-{n}", {"n": n})["result"] == "created"
    pair.follower.put(index, "7", {"n": -7})
    assert pair.follower.request("DELETE", f"/{index}/_doc/8").status == 200
    pair.follower.ok("PUT", f"/{index}/_mapping", {"properties": {"fresh": {"type": "keyword"}}})
    pair.follower.ok("PUT", f"/{index}/_settings", {"index.refresh_interval": "2s"})
    pair.follower.refresh(index)
    assert pair.follower.ok("GET", f"/{index}/_count")["count"] == count + 50 - 1
    settings = pair.follower.ok("GET", f"/{index}/_settings?flat_settings=true")[index]["settings"]
    assert "index.plugins.replication.follower.leader_index" not in settings


def had_something(pair, index):
    """shard -> local checkpoint of the follower; nothing while a shard has few operations, all of which may be replaced later."""
    had = {shard: local for shard, (_, local, _) in pair.follower.primary_checkpoints(index).items()}
    return min(had.values()) > 200 and had


def test_stop_under_load_loses_nothing_that_was_there(pair, index):
    """Every operation that the follower had processed before _stop is there after it, as the leader has it."""
    pair.leader.create_index(index, shards=2)
    pair.follow(index)
    with Writer(pair.leader, index, seed=41) as writer:
        writer.wait(5000)
        had = until(lambda: had_something(pair, index), 60, "both shards have something")
        assert pair.stop_replication(index).status == 200
        writer.wait(500)
    pair.follower.put(index, "own", {"n": 1})

    def no_gaps():
        return all(maximum == local for maximum, local, _ in pair.follower.primary_checkpoints(index).values())
    until(no_gaps, 30, "no gaps")
    pair.leader.refresh(index)
    pair.follower.refresh(index)
    leader_copies, follower_copies = copies(pair.leader, index), copies(pair.follower, index)
    checked = 0
    for shard, places in leader_copies.items():
        there = read_copy(pair.leader, index, shard, places[0][0])
        here = read_copy(pair.follower, index, shard, follower_copies[shard][0][0])
        for key, entry in there.items():
            if entry[0] <= had[shard]:
                assert here.get(key) == entry, (key, entry, here.get(key))
                checked += 1
            elif key in here and here[key][0] == entry[0] and key != "own":
                assert here[key] == entry
    assert checked > 0


def test_stop_survives_a_flush_and_the_tasks_end(pair, index):
    pair.leader.create_index(index)
    pair.leader.bulk([({"index": {}}, {"n": n}) for n in range(100)], index)
    pair.follow(index)
    pair.caught_up(index)
    assert pair.stop_replication(index).status == 200
    until(lambda: not [task for task in pair.tasks() if index in task.get("description", "")
                       and task["action"].startswith("cluster:")], 30, "tasks are gone")
    until(lambda: not any(lease["id"].startswith("replication:") for lease in pair.leader.leases(index)[0]), 30,
          "the lease is gone")
    pair.follower.ok("POST", f"/{index}/_flush?force=true")
    pair.follower.ok("POST", f"/{index}/_forcemerge?max_num_segments=1")
    pair.follower.ok("POST", f"/{index}/_close")
    pair.follower.ok("POST", f"/{index}/_open")
    pair.follower.health(index)
    pair.follower.put(index, "after", {})
    pair.follower.refresh(index)
    assert pair.follower.ok("GET", f"/{index}/_count")["count"] == 101


def test_second_start_into_the_same_name_is_refused(pair, index):
    pair.leader.create_index(index)
    pair.follow(index)
    text = f"Cant use same index again for replication. Delete the index:{index}"
    for stopped in (False, True):
        if stopped:
            assert pair.stop_replication(index).status == 200
        answer = pair.start_replication(index)
        assert answer.status == 400 and text in answer.reasons(), answer
    pair.follower.ok("POST", f"/{index}/_close")
    answer = pair.start_replication(index)
    assert answer.status == 400 and text in answer.reasons(), answer
    assert pair.follower.delete_index(index).status == 200
    pair.follow(index)
    assert pair.same(index) == 0


def test_what_the_block_forbids(pair, index):
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    pair.follow(index)
    text = "FORBIDDEN/1000/index read-only(cross-cluster-replication)"
    pair.caught_up(index)
    pair.follower.refresh(index)
    for method, url, body in [("PUT", "/_doc/2", {"n": 2}), ("POST", "/_doc", {"n": 2}), ("DELETE", "/_doc/1", None),
                              ("POST", "/_update/1", {"doc": {"n": 3}}),
                              ("POST", "/_close", None),
                              ("PUT", "/_mapping", {"properties": {"k": {"type": "keyword"}}}),
                              ("PUT", "/_settings", {"index.refresh_interval": "3s"}),
                              ("POST", "/_delete_by_query", {"query": {"match_all": {}}})]:
        answer = pair.follower.request(method, f"/{index}{url}", body)
        assert text in answer.text and answer.status in (403, 409), (method, url, answer)
        assert answer.status == 403 or "_by_query" in url
    assert pair.follower.get(index, "1")["_source"] == {"n": 1}
    assert pair.follower.ok("POST", f"/{index}/_search", {})["hits"]["total"]["value"] == 1


def test_stop_in_the_middle_of_a_reopening(pair, index):
    """A setting that only a closed index takes: _stop at the moment the follower is closed leaves it open and writable."""
    pair.leader.create_index(index)
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(100)], index)
    met = []
    state = f"/_cluster/state/metadata/{index}?filter_path=metadata.indices.*.state"
    for attempt in range(12):
        pair.follow(index)
        pair.caught_up(index)
        changed = {"settings": {"index.codec": "best_compression" if attempt % 2 == 0 else "default"}}
        assert pair.follower.request("PUT", pair.url(index, "_update"), changed).status == 200

        def closed():
            seen = pair.follower.ok("GET", state)["metadata"]["indices"][index]["state"]
            codec = pair.follower.ok("GET", f"/{index}/_settings?flat_settings=true")[index]["settings"].get("index.codec")
            return seen == "close" and "closed" or codec == changed["settings"]["index.codec"] and "over"
        met.append(until(closed, 60, "the follower is being reopened", interval=0.001))
        assert pair.stop_replication(index).json == {"acknowledged": True}
        pair.follower.health(index)
        assert pair.follower.ok("GET", state)["metadata"]["indices"][index]["state"] == "open"
        assert pair.follower.put(index, "own", {"n": -1})["result"] == "created"
        pair.follower.refresh(index)
        assert pair.follower.ok("GET", f"/{index}/_count")["count"] == 101
        assert pair.follower.delete_index(index).status == 200
        if met[-1] == "closed":
            return
    raise AssertionError(f"a closed follower was never met: {met}")


def replication_leases(pair, index):
    return [lease["id"] for lease in pair.leader.leases(index)[0] if lease["id"].startswith("replication:")]


@pytest.mark.parametrize("verb", ["_stop", "_failover"])
def test_a_stop_that_was_broken_off_is_brought_to_its_end(pair, index, verb):
    """The node that stopped it has died after the release: gaps, leases and the record are left for whoever calls next."""
    pair.half_applied(index)
    assert pair.pause(index).status == 200
    head = Out().text("").raw(Out().vint(60).byte(3).data).raw(Out().vint(60).byte(3).data).text(index)
    with Peer(pair.follower.nodes[0].transport_port) as peer:  # as that node did, step by step
        for action, rest in (("internal:cluster:admin/plugins/replication/index/state", b"\0" * 6),
                             ("internal:indices/admin/plugins/replication/index/release", b"\0\0")):
            error, answer = peer.call(action, head.data + rest)
            assert not error and bytes(answer) == b"\x01", answer
    assert pair.follower.primary_checkpoints(index)[0][:2] == (119, 49) and replication_leases(pair, index)
    answer = pair.follower.request("POST", pair.url(index, verb), {})
    assert answer.status == 200, answer
    if verb == "_failover":
        told = answer.json["indices"][index]
        assert told["promoted"] and [shard["last_applied_seq_no"] for shard in told["shards"]] == [119], answer
    assert pair.follower.primary_checkpoints(index)[0][:2] == (119, 119), "promoted"
    assert not replication_leases(pair, index)
    pair.follower.put(index, "own", {"n": 1})
    again = pair.stop_replication(index)
    assert again.status == 400 and "No replication in progress" in again.reasons(), again


def test_a_follower_that_is_deleted_with_its_leader_leaves_nothing(pair, name):
    """Its task is just writing down that the leader is gone: that brings no entry back of what was stopped meanwhile."""
    names = [f"{name}-{letter}" for letter in "abcd"]
    paused = pair.follower.ok("GET", f"{API}/follower_stats")["num_paused_indices"]
    try:
        for one in names:
            pair.leader.create_index(one)
            pair.follow(one)
        for one in names:
            pair.leader.ok("DELETE", f"/{one}")
            pair.follower.ok("DELETE", f"/{one}")
        until(lambda: not [task for task in pair.tasks() if name in task.get("description", "")], 60, "no task is left")
        for one in names:
            assert pair.status(one) == {"status": "REPLICATION NOT IN PROGRESS"}
            pair.leader.create_index(one)
        assert pair.follower.ok("GET", f"{API}/follower_stats")["num_paused_indices"] == paused
        body = {"leader_alias": ALIAS, "pattern": f"{name}-*"}
        task = pair.follower.ok("POST", f"{API}/_bulk_start", body)["task_id"]
        told = until(lambda: (found := pair.follower.ok("GET", f"{API}/_task_status/{task}"))["num_pending"] == 0 and found,
                     90, "the bulk start is over")
        assert told["num_success"] == len(names), told
    finally:
        for one in names:
            pair.drop(one)


def running_task(pair, index, action, former=None):
    """The task as node:id, once the former one has ended."""
    def found():
        names = [f"{task['node']}:{task['id']}" for task in pair.tasks(action + "*") if index in task.get("description", "")]
        return names and former not in names and names[0]
    return until(found, 30, f"{action} runs")


def test_a_task_that_a_person_cancels(pair, index):
    """A shard's comes back by itself, the index's pauses the replication and says who did it."""
    pair.leader.create_index(index)
    pair.follow(index)
    before = running_task(pair, index, "cluster:indices/shards/replication")
    pair.follower.ok("POST", f"/_tasks/{before}/_cancel")
    pair.leader.put(index, "1", {"n": 1})
    assert pair.same(index) == 1
    running_task(pair, index, "cluster:indices/shards/replication", former=before)
    pair.follower.ok("POST", f"/_tasks/{running_task(pair, index, 'cluster:indices/admin/replication')}/_cancel")
    assert pair.wait_status(index, "PAUSED")["reason"] == "AutoPaused: Index replication task was cancelled by user"
    assert pair.resume(index).status == 200
    pair.leader.put(index, "2", {"n": 2})
    assert pair.same(index) == 2
