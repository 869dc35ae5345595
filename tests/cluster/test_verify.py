"""_verify: equal copies are found equal, at rest, under load and paused; differing ones are told document by document."""
import os
import shutil

from harness import config
from harness.load import Writer
from harness.pair import ALIAS
from harness.wait import until

PAIR = dict(name="verify")


def verify(pair, index, query=""):
    return pair.follower.ok("POST", pair.url(index, "_verify") + query)


def equal(answer, documents=None):
    assert answer["result"] == "equal" and answer["complete"] and answer["differences"] == [], answer
    assert "resume" not in answer and all(shard["complete"] for shard in answer["shards"]), answer
    assert documents is None or answer["documents"] == documents, answer
    return answer


def fill(pair, index, count=600):
    """Documents of every kind, and what is left of others that were replaced and deleted."""
    cluster = pair.leader
    cluster.bulk([({"index": {"_id": f"d{n}"}}, {"n": n, "text": "x" * (n % 97)}) for n in range(count)], index)
    cluster.bulk([({"index": {"_id": f"r{n}", "routing": f"k{n % 5}"}}, {"n": n}) for n in range(50)], index)
    cluster.bulk([({"index": {"_id": f"n{n}"}}, {"inner": [{"a": n}, {"a": n + 1}]}) for n in range(20)], index)
    cluster.bulk([({"index": {}}, {"auto": n}) for n in range(20)], index)
    cluster.bulk([({"delete": {"_id": f"d{n}"}}, None) for n in range(0, count, 10)], index)
    cluster.bulk([({"index": {"_id": f"d{n}"}}, {"again": n}) for n in range(1, count, 10)], index)
    return count + 90 - count // 10


def test_equal_at_rest(pair, index):
    pair.leader.create_index(index, shards=3, mappings={"properties": {"inner": {"type": "nested"}}})
    before = fill(pair, index)
    pair.follow(index)
    pair.leader.put(index, "later", {"n": 1})
    pair.caught_up(index)
    answer = equal(verify(pair, index), before + 1)
    assert [shard["shard"] for shard in answer["shards"]] == [0, 1, 2]
    checkpoints = pair.follower.primary_checkpoints(index)
    for shard in answer["shards"]:
        assert shard["compared_to"] == checkpoints[shard["shard"]][1] and shard["changed_meanwhile"] == 0, answer
    # The same in other segments on one side, and the key of the digests is another one each time.
    pair.leader.ok("POST", f"/{index}/_forcemerge?max_num_segments=1")
    equal(verify(pair, index), before + 1)


def test_documents_without_source(pair, index):
    pair.leader.create_index(index, mappings={"_source": {"enabled": False}, "properties": {"n": {"type": "long"}}})
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(40)], index)
    pair.follow(index)
    pair.caught_up(index)
    equal(verify(pair, index), 40)


def test_equal_under_load(pair, index):
    """Documents of a hot set are updated and deleted all the time; none of that is a difference."""
    pair.leader.create_index(index, shards=2)
    pair.follow(index)
    with Writer(pair.leader, index, threads=2, bulk=30, seed=77, pause=0.1) as writer:
        writer.wait(600)
        for _ in range(3):
            before = writer.acknowledged
            assert equal(verify(pair, index))["documents"] > 0
            writer.wait(before + 50 - writer.acknowledged)  # it did go on meanwhile
    documents = pair.same(index)
    equal(verify(pair, index), documents)


def test_paused_follower(pair, index):
    """What the leader did since is no difference: compared is what the follower has had the chance to know."""
    pair.leader.create_index(index)
    before = fill(pair, index)
    pair.follow(index)
    pair.caught_up(index)
    pair.pause(index)
    pair.leader.bulk([({"index": {"_id": f"d{n}"}}, {"third": n}) for n in range(1, 300, 10)], index)
    pair.leader.bulk([({"delete": {"_id": f"d{n}"}}, None) for n in range(2, 300, 10)], index)
    pair.leader.refresh(index)
    equal(verify(pair, index), before)
    assert pair.resume(index).status == 200
    pair.caught_up(index)
    equal(verify(pair, index), before - 30)


def test_as_a_task_cancelled_and_resumed(pair, index):
    pair.leader.create_index(index, shards=2)
    documents = fill(pair, index)
    pair.follow(index)
    pair.caught_up(index)
    # So slow that it cannot end by itself within the time of a test.
    answer = verify(pair, index, "?wait_for_completion=false&max_bytes_per_sec=64kb")
    task = answer["task"]

    def seen():
        status = pair.follower.ok("GET", f"/_tasks/{task}")["task"]
        assert status["cancellable"] and status["description"] == f"compare [{index}] with its leader"
        return sum(shard["documents"] for shard in status["status"]["shards"]) == documents
    until(seen, 60, "both shards have compared their first range")
    pair.follower.ok("POST", f"/_tasks/{task}/_cancel")
    done = until(lambda: (lambda found: found if found["completed"] else None)(
        pair.follower.ok("GET", f"/_tasks/{task}")), 60, "the task is over")
    result = done["response"]
    assert result["result"] == "incomplete" and not result["complete"] and result["documents"] == documents, done
    rest = equal(verify(pair, index, f"?resume={result['resume']}"))
    assert rest["documents"] == 0, rest  # nothing is compared twice

    short = verify(pair, index, "?max_time=1s&max_bytes_per_sec=64kb")
    assert short["result"] == "incomplete" and short["resume"], short
    equal(verify(pair, index, f"?resume={short['resume']}"))


def test_shards_at_a_time(pair, index):
    """So slow that no shard is done within a test: as many have begun as the setting says, and none more."""
    pair.leader.create_index(index, shards=4)
    documents = fill(pair, index)
    pair.follow(index)
    pair.caught_up(index)
    keys = [f"plugins.replication.verify.{key}" for key in ("max_bytes_per_sec", "concurrent_shards")]
    try:
        for together in (1, 3):
            pair.follower.settings(**dict(zip(keys, ("64kb", together))))
            task = verify(pair, index, "?wait_for_completion=false")["task"]

            def under_way():
                shards = pair.follower.ok("GET", f"/_tasks/{task}")["task"]["status"]["shards"]
                running = [shard for shard in shards if not shard["complete"]]
                assert len(running) <= together, shards
                return len(running) == together and all(shard["documents"] > 0 for shard in running)
            until(under_way, 60, f"{together} shards are being compared")
            pair.follower.ok("POST", f"/_tasks/{task}/_cancel")
            done = until(lambda: (lambda found: found["completed"] and found)(pair.follower.ok("GET", f"/_tasks/{task}")), 60, "it is over")
            assert done["response"]["result"] == "incomplete" and done["response"]["documents"] < documents, done
    finally:
        pair.follower.settings(**dict.fromkeys(keys))
    equal(verify(pair, index), documents)


def test_refusals(pair, index):
    def refused(query, status, text, name=index):
        answer = pair.follower.request("POST", pair.url(name, "_verify") + query)
        assert answer.status == status and text in answer.text, answer

    refused("", 400, f"No replication in progress for index:{index}")
    pair.leader.create_index(index)
    pair.follow(index)
    refused("?max_differences=0", 400, "[max_differences] is [0], give 1 to 10000")
    refused("?max_differences=0&wait_for_completion=false", 400, "[max_differences] is [0]")
    refused("?max_bytes_per_sec=1kb", 400, "[max_bytes_per_sec] is [1kb], give at least [64kb]")
    refused("?max_bytes_per_sec=fast", 400, "max_bytes_per_sec")
    refused("?max_time=-5s", 400, "max_time")
    refused("?resume=abc", 400, "[resume] is not a token")
    refused("?surprise=1", 400, "surprise")
    pair.leader.ok("POST", f"/{index}/_close")
    refused("", 400, "closed")
    pair.leader.delete_index(index)
    refused("", 404, "no such index")


def test_leader_made_anew(pair, index):
    """Two indices that have nothing but their name in common are not compared."""
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    pair.follow(index)
    pair.caught_up(index)
    pair.leader.delete_index(index)
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    answer = pair.follower.request("POST", pair.url(index, "_verify"))
    assert answer.status == 409, answer
    assert f"Leader index [{ALIAS}:{index}] is not the one that [{index}] was copied from" in answer.reasons(), answer


def test_leader_rolled_back_by_its_disk(own_pair, own_index):
    """The leader's disk is restored from an older copy, and it goes on from there: same index, same history, other content."""
    pair, index = own_pair, own_index
    pair.leader.create_index(index, settings={"index.translog.durability": "request"})
    pair.leader.bulk([({"index": {"_id": f"d{n}"}}, {"n": n}) for n in range(100)], index)
    pair.follow(index)
    pair.caught_up(index)
    node = pair.leader.nodes[0]
    data, copy = os.path.join(node.home, "data"), os.path.join(node.home, "data-copy")
    node.stop()
    shutil.copytree(data, copy)
    node.start()
    pair.leader.health(index, "green")
    pair.leader.bulk([({"index": {"_id": "first"}}, {"a": 1}),         # 100
                      ({"index": {"_id": "d5"}}, {"moved": 1}),        # 101
                      ({"delete": {"_id": "d6"}}, None),               # 102
                      ({"index": {"_id": "d7"}}, {"source": "one"}),   # 103
                      ({"index": {"_id": "second"}}, {})], index)      # 104
    pair.caught_up(index)
    pair.pause(index)
    node.stop()
    shutil.rmtree(data)
    shutil.move(copy, data)
    config.give(data)
    node.start()
    pair.leader.health(index, "green")
    pair.leader.bulk([({"index": {"_id": "other"}}, {"b": 1}),         # 100
                      ({"index": {"_id": "other-2"}}, {}),             # 101
                      ({"index": {"_id": "other-3"}}, {}),             # 102
                      ({"index": {"_id": "d7"}}, {"source": "two"}),   # 103
                      *[({"index": {"_id": f"fill-{n}"}}, {}) for n in range(6)],
                      ({"index": {"_id": "d20"}}, {"later": 1}),       # 110: above what the follower has
                      ({"delete": {"_id": "d21"}}, None)], index)
    pair.leader.refresh(index)
    pair.wait_connected()
    answer = verify(pair, index)
    assert answer["result"] == "different" and answer["complete"], answer
    found = {difference["_id"]: difference for difference in answer["differences"]}
    assert len(found) == len(answer["differences"]), answer
    assert set(found) == {"first", "second", "other", "other-2", "other-3", "d5", "d6", "d7",
                          "fill-0"}, answer  # the other fills are above 104, where the follower ends
    for name, difference in found.items():
        if name in ("first", "second"):
            assert difference["kind"] == "missing_on_leader" and "leader" not in difference, difference
        elif name not in ("d5", "d7"):
            assert difference["kind"] == "missing_on_follower" and "follower" not in difference, difference
    assert found["d5"]["kind"] == "different" and found["d5"]["fields"] == ["_seq_no", "_version"]
    assert (found["d5"]["leader"]["_seq_no"], found["d5"]["follower"]["_seq_no"]) == (5, 101)
    assert found["d7"]["kind"] == "different" and found["d7"]["fields"] == ["_source"]
    assert found["d7"]["leader"] == found["d7"]["follower"] == {"_seq_no": 103, "_version": 2}
    assert answer["shards"][0]["changed_meanwhile"] == 2, answer  # d20 and d21
    # Bounded: it ends with the looks that brought enough.
    few = verify(pair, index, "?max_differences=1")
    assert few["result"] == "different" and few["differences"], few
