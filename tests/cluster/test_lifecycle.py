"""Issue 4, item 4: pauses, leaders that close, vanish or change, rebuilding in place, deleting a follower, _stop."""
import contextlib
import os
import threading

from harness import config
from harness.content import wait_caught_up
from harness.load import Writer
from harness.wait import until
from harness.wire import Out, Peer

GONE = "Use force_resume=true to restore from snapshot."


@contextlib.contextmanager
def follower_settings(pair, **settings):
    """Cluster settings below plugins.replication of the follower, for a while; __ stands for a dot."""
    named = {"plugins.replication." + key.replace("__", "."): value for key, value in settings.items()}
    pair.follower.ok("PUT", "/_cluster/settings", {"transient": named})
    try:
        yield
    finally:
        pair.follower.ok("PUT", "/_cluster/settings", {"transient": dict.fromkeys(named)})


def reason_tells(pair, index, word, timeout=60):
    def told():
        status = pair.status(index)
        return word in status.get("reason", "") and status
    return until(told, timeout, f"the reason tells {word!r}")


def lose_lease(pair, index):
    """Expires the lease of a paused replication."""
    pair.leader.ok("PUT", f"/{index}/_settings", {"index.soft_deletes.retention_lease.period": "100ms"})

    def expired():
        pair.leader.ok("POST", f"/{index}/_flush?force=true")
        return not any(lease["id"].startswith("replication:") for leases in pair.leader.leases(index).values()
                       for lease in leases)
    until(expired, 90, "the leases have expired", interval=0.5)
    pair.leader.ok("PUT", f"/{index}/_settings", {"index.soft_deletes.retention_lease.period": None})


def fill(pair, index, count, first=0):
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n, "text": f"word{n % 97} " * 20})
                      for n in range(first, first + count)], index)


def test_force_resume_rebuilds_in_place(pair, index):
    """History is gone: the status says it, force_resume copies again, and only what is not here already."""
    pair.leader.create_index(index, shards=2, aliases={f"{index}-alias": {}})
    fill(pair, index, 4000)
    pair.leader.ok("POST", f"/{index}/_forcemerge?max_num_segments=1")
    pair.leader.ok("POST", f"/{index}/_flush?force=true")
    pair.follow(index)
    pair.caught_up(index)
    uuid = pair.follower.ok("GET", f"/{index}/_settings")[index]["settings"]["index"]["uuid"]
    assert pair.pause(index).status == 200
    lose_lease(pair, index)
    fill(pair, index, 50, 4000)
    answer = pair.resume(index)
    assert answer.status == 404 and GONE in answer.reasons(), answer
    assert GONE in pair.status(index)["reason"]
    answer = pair.resume(index, {"force_resume": True})
    assert answer.json == {"acknowledged": True}, answer
    pair.wait_status(index, "SYNCING")
    assert pair.same(index) == 4050
    assert pair.follower.ok("GET", f"/{index}/_settings")[index]["settings"]["index"]["uuid"] == uuid, "in place"
    assert f"{index}-alias" in pair.follower.ok("GET", f"/{index}/_alias")[index]["aliases"]
    for shard in pair.follower.ok("GET", f"/{index}/_recovery")[index]["shards"]:
        size = shard["index"]["size"]
        print(f"shard {shard['id']}: {size['reused_in_bytes']} of {size['total_in_bytes']} bytes were here already")
        assert size["reused_in_bytes"] > size["total_in_bytes"] / 2, shard["index"]
    fill(pair, index, 5, 5000)
    assert pair.same(index) == 4055
    blocked = pair.follower.request("PUT", f"/{index}/_doc/x", {})
    assert blocked.status == 403 and "FORBIDDEN/1000" in blocked.text


def test_force_resume_of_a_healthy_pause_copies_nothing(pair, index):
    pair.leader.create_index(index)
    fill(pair, index, 100)
    pair.follow(index)
    pair.caught_up(index)
    assert pair.pause(index).status == 200
    fill(pair, index, 100, 100)
    assert pair.resume(index, query="?force_resume=true").status == 200
    pair.wait_status(index, "SYNCING")
    assert pair.same(index) == 200
    assert pair.resume(index, {"force": True}).status == 400, "an unknown field"


def test_leader_made_anew_with_other_shards(pair, index):
    """Deleted and created again: reported with what to do; force_resume follows the new one."""
    pair.leader.create_index(index)
    fill(pair, index, 20)
    pair.follow(index)
    pair.caught_up(index)
    with follower_settings(pair, replicate__delete_index=True):
        pair.link.cut()
        pair.leader.delete_index(index)
        pair.leader.create_index(index, shards=3)
        fill(pair, index, 30, 100)
        pair.link.resume()
        status = reason_tells(pair, index, "AutoPaused: ")
        assert status["status"] == "PAUSED" and " since 20" in status["reason"], status
        assert pair.follower.get(index, "7") and not pair.follower.get(index, "107"), "nothing is mixed, nothing is deleted"
    answer = pair.resume(index)
    assert answer.status == 404 and GONE in answer.reasons(), answer
    assert pair.resume(index, query="?force_resume=true").status == 200
    pair.wait_status(index, "SYNCING")
    assert pair.same(index) == 30


def test_metadata_of_a_leader_made_anew(pair, index):
    """Its versions begin again: what was in place of the old one says nothing of the new one's mapping."""
    closed_fields = {"dynamic": False, "properties": {"n": {"type": "long"}}}
    pair.leader.create_index(index, mappings=closed_fields)
    for n in range(12):
        pair.leader.ok("PUT", f"/{index}/_mapping", {"properties": {f"old_{n}": {"type": "keyword"}}})
    pair.follow(index)
    until(lambda: "old_11" in pair.follower.ok("GET", f"/{index}/_mapping")[index]["mappings"]["properties"], 30, "all fields")
    with follower_settings(pair, follower__metadata_sync_interval="10m"):
        pair.leader.delete_index(index)
        pair.wait_status(index, "PAUSED")
        pair.leader.create_index(index, mappings=closed_fields)
        assert pair.resume(index, {"force_resume": True}).status == 200
        pair.wait_status(index, "SYNCING")
        pair.leader.ok("PUT", f"/{index}/_mapping", {"properties": {"new": {"type": "keyword"}}})
        pair.leader.put(index, "1", {"new": "word"})
        assert pair.same(index) == 1
        pair.follower.refresh(index)
        found = pair.follower.ok("POST", f"/{index}/_search", {"query": {"term": {"new": "word"}}})
        assert found["hits"]["total"]["value"] == 1, found


def test_leader_restored_with_another_history(pair, index):
    """A snapshot restored over the leader index keeps its name and UUID; its sequence numbers mean something else now."""
    pair.leader.create_index(index)
    fill(pair, index, 50)
    repository = f"/_snapshot/{index}"
    location = os.path.join(config.snapshot_dir(), index)
    pair.leader.ok("PUT", repository, {"type": "fs", "settings": {"location": location}})
    pair.leader.ok("PUT", f"{repository}/one?wait_for_completion=true", {"indices": index})
    pair.follow(index)
    fill(pair, index, 50, 50)
    pair.caught_up(index)
    pair.leader.ok("POST", f"/{index}/_close")
    pair.leader.ok("POST", f"{repository}/one/_restore?wait_for_completion=true", {"indices": index})
    for n in range(60):
        pair.leader.put(index, f"other-{n}", {"n": n})
    status = reason_tells(pair, index, "force_resume=true")
    assert status["status"] == "PAUSED" and "AutoPaused: " in status["reason"], status
    assert pair.follower.get(index, "70") and not pair.follower.get(index, "other-59"), "nothing is mixed"
    assert pair.resume(index).status == 404
    assert pair.resume(index, {"force_resume": True}).status == 200
    pair.wait_status(index, "SYNCING")
    assert pair.same(index) == 110


def test_deleted_leader_deletes_the_follower_where_that_is_wanted(pair, index):
    pair.leader.create_index(index)
    fill(pair, index, 10)
    pair.follow(index)
    pair.caught_up(index)
    with follower_settings(pair, replicate__delete_index=True):
        pair.leader.delete_index(index)
        until(lambda: pair.follower.request("HEAD", f"/{index}").status == 404, 60, "the follower is deleted, too")
        until(lambda: pair.status(index) == {"status": "REPLICATION NOT IN PROGRESS"}, 30, "nothing is left of it")


def test_deleted_leader_pauses_otherwise(pair, index):
    pair.leader.create_index(index)
    fill(pair, index, 10)
    pair.follow(index)
    pair.caught_up(index)
    pair.leader.delete_index(index)
    status = reason_tells(pair, index, "The leader index was deleted")
    assert status["status"] == "PAUSED" and status["reason"].startswith("AutoPaused: "), status
    assert pair.follower.get(index, "9")


def test_closed_leader_goes_on_by_itself_or_pauses_for_good(pair, index):
    pair.leader.create_index(index)
    pair.follow(index)
    pair.leader.ok("POST", f"/{index}/_close")
    status = reason_tells(pair, index, "The leader index is closed since ")
    assert status["status"] == "SYNCING" and "resumes by itself" in status["reason"], status
    pair.leader.ok("POST", f"/{index}/_open")
    pair.leader.health(index)
    fill(pair, index, 10)
    assert pair.same(index) == 10
    until(lambda: pair.status(index)["reason"] == "User initiated", 30, "all is well again")
    with follower_settings(pair, follower__pause_on_error=True):
        pair.leader.ok("POST", f"/{index}/_close")
        pair.wait_status(index, "PAUSED")
        assert "org.opensearch.indices.IndexClosedException" in pair.status(index)["reason"]
    pair.leader.ok("POST", f"/{index}/_open")
    pair.leader.health(index)
    assert pair.resume(index).status == 200
    fill(pair, index, 10, 10)
    assert pair.same(index) == 20


def waits(pair, index, cause):
    """The status names the cause, since when it is there, and that nobody has to do anything."""
    still_waits(reason_tells(pair, index, f"{cause} since "))


def still_waits(status):
    assert status["status"] == "SYNCING" and "resumes by itself" in status["reason"], status


def well_again(pair, index):
    until(lambda: pair.status(index)["reason"] == "User initiated", 60, "nothing stands in the way")


def test_another_block_is_waited_out(pair, index):
    pair.leader.create_index(index)
    pair.follow(index)
    pair.follower.ok("PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": True})
    pair.leader.put(index, "1", {})
    waits(pair, index, "A block, or a full disk, is in the way")
    assert "on the follower cluster: " in pair.status(index)["reason"]
    pair.follower.ok("PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": None})
    assert pair.same(index) == 1
    well_again(pair, index)


def test_a_leader_that_may_not_be_read_is_waited_out(pair, index):
    """Nobody has to grant anything: a permission or the follower would be looked at in vain."""
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {})
    pair.leader.ok("PUT", f"/{index}/_settings", {"index.blocks.read": True})
    try:
        assert pair.start_replication(index, query="?wait_for_restore=false").status == 200
        reason_tells(pair, index, "The bootstrap is blocked since ")
        pair.leader.ok("PUT", f"/{index}/_settings", {"index.blocks.read": None})
        pair.wait_status(index, "SYNCING")
        pair.leader.ok("PUT", f"/{index}/_settings", {"index.blocks.read": True})
        pair.leader.put(index, "2", {})
        waits(pair, index, "A block, or a full disk, is in the way")
        assert "on the leader cluster: " in pair.status(index)["reason"]
        refused = pair.follower.request("POST", pair.url(index, "_verify"))
        assert refused.status == 403 and "[index.blocks.read] is [true] on the leader cluster" in refused.reasons(), refused
        assert pair.pause(index).status == 200
        refused = pair.resume(index)
        assert refused.status == 403 and "[index.blocks.read] is [true] on the leader cluster" in refused.reasons(), refused
    finally:
        pair.leader.ok("PUT", f"/{index}/_settings", {"index.blocks.read": None})
    assert pair.resume(index).status == 200
    assert pair.same(index) == 2
    well_again(pair, index)


def test_an_overloaded_leader_is_waited_out(pair, index):
    """One thread reads for six shards and nobody may wait for it: some reads are refused, and come again after a pause."""
    pair.leader.create_index(index, shards=6)
    pair.follow(index)
    pool = {f"plugins.replication.leader.thread_pool.{key}": value for key, value in (("size", 1), ("queue_size", 0))}
    with follower_settings(pair, follower__backoff_min="3s"):
        pair.leader.settings(**pool)
        try:
            def told():
                pair.leader.bulk([({"index": {}}, {"n": n}) for n in range(200)], index)
                status = pair.status(index)
                return "A node is overloaded since " in status["reason"] and status
            still_waits(until(told, 60, "the reason tells of it"))
        finally:
            pair.leader.settings(**dict.fromkeys(pool))
    assert pair.same(index) > 0
    well_again(pair, index)


def test_a_mapping_that_is_behind_is_waited_for(pair, index):
    """The user's setting makes the follower stricter than its leader: one document fits as soon as that is taken back."""
    pair.half_applied(index)
    waits(pair, index, "The follower's mapping is behind the leader's")
    assert pair.follower.request("PUT", pair.url(index, "_update"), {}).status == 200
    assert pair.same(index) == 150
    well_again(pair, index)


def test_a_pause_keeps_the_lease_within_its_budget(pair, index):
    pair.leader.create_index(index)
    fill(pair, index, 200)
    pair.follow(index)
    pair.caught_up(index)

    def timestamp():
        return next(lease["timestamp"] for lease in pair.leader.leases(index)[0] if lease["id"].startswith("replication:"))
    with follower_settings(pair, follower__lease_renewal_interval="1s"):
        assert pair.pause(index, "a long one").status == 200
        for _ in range(2):
            before = timestamp()
            until(lambda: timestamp() > before, 60, "the lease is renewed while paused")
        with follower_settings(pair, follower__pause__max_size="1b"):
            assert pair.status(index)["reason"] == "a long one"
            fill(pair, index, 200, 200)
            reason_tells(pair, index, "more than [1b] of history")
        assert pair.resume(index).status == 200
        assert pair.same(index) == 400
        pair.wait_status(index, "SYNCING")
        with follower_settings(pair, follower__pause__max_age="0ms"):
            assert pair.pause(index).status == 200
            status = reason_tells(pair, index, "paused for longer than [0")
            assert status["status"] == "PAUSED", status
    assert pair.resume(index).status == 200


def test_deleting_a_follower_is_stop_and_delete(pair, index):
    pair.leader.create_index(index)
    fill(pair, index, 10)
    pair.follow(index)
    pair.caught_up(index)
    with follower_settings(pair, follower__block__delete=True):
        answer = pair.follower.request("DELETE", f"/{index}")
        assert answer.status == 403 and "FORBIDDEN/1000" in answer.text, answer
    assert pair.follower.ok("DELETE", f"/{index}") == {"acknowledged": True}
    assert pair.follower.request("HEAD", f"/{index}").status == 404
    assert pair.status(index) == {"status": "REPLICATION NOT IN PROGRESS"}
    until(lambda: not any(lease["id"].startswith("replication:") for lease in pair.leader.leases(index)[0]), 30,
          "the lease is gone")
    pair.follow(index)
    assert pair.same(index) == 10


def test_a_refused_deletion_changes_nothing(pair, index):
    """What OpenSearch refuses to delete stays a follower with its lease: by pattern, by a block, with a name that is none."""
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {})
    pair.follow(index)
    pair.caught_up(index)
    by_name = {"transient": {"action.destructive_requires_name": True}}
    pair.follower.ok("PUT", "/_cluster/settings", by_name)
    try:
        answer = pair.follower.request("DELETE", f"/{index}*")
    finally:
        pair.follower.ok("PUT", "/_cluster/settings", {"transient": {"action.destructive_requires_name": None}})
    assert answer.status == 400 and "Wildcard expressions" in answer.reasons(), answer
    pair.follower.ok("PUT", f"/{index}/_settings", {"index.blocks.read_only": True})
    answer = pair.follower.request("DELETE", f"/{index}")
    assert answer.status == 403 and "FORBIDDEN/5" in answer.text and "FORBIDDEN/1000" not in answer.text, answer
    pair.follower.ok("PUT", f"/{index}/_settings", {"index.blocks.read_only": None})
    answer = pair.follower.request("DELETE", f"/{index},{index}-none-such")
    assert answer.status == 404, answer
    assert pair.status(index)["status"] in ("SYNCING", "BOOTSTRAPPING"), pair.status(index)
    assert pair.follower.request("PUT", f"/{index}/_doc/x", {}).status == 403
    assert any(lease["id"].startswith("replication:") for lease in pair.leader.leases(index)[0])
    pair.leader.put(index, "2", {})
    assert pair.same(index) == 2
    ordinary = f"{index}-own"
    pair.follower.create_index(ordinary)
    assert pair.follower.ok("DELETE", f"/{index}*") == {"acknowledged": True}
    assert pair.follower.request("HEAD", f"/{ordinary}").status == 404
    assert pair.status(index) == {"status": "REPLICATION NOT IN PROGRESS"}


def test_index_state_management_stops_a_replication(pair, index):
    """Its action stop_replication, byte by byte as the shared library of the plugins (StopIndexReplicationRequest) writes it."""
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {})
    pair.follow(index)
    pair.caught_up(index)
    time = Out().vint(60).byte(3).data  # 30 s, zigzag, and their unit: how long for the manager, how long for its answer
    request = Out().text("").raw(time).raw(time).text(index).data
    with Peer(pair.follower.nodes[0].transport_port) as peer:
        error, answer = peer.call("indices:internal/plugins/replication/index/stop", request)
        assert not error and bytes(answer) == b"\x01", answer  # acknowledged
        assert pair.status(index) == {"status": "REPLICATION NOT IN PROGRESS"}
        pair.follower.put(index, "2", {})  # an ordinary index
        error, answer = peer.call("indices:internal/plugins/replication/index/stop", request)
        assert error and f"No replication in progress for index:{index}".encode() in answer, answer


def test_stop_leaves_the_index_open(pair, index):
    """Searches and gets go on, every one of them, while a replication under load is stopped."""
    pair.leader.create_index(index, shards=2)
    fill(pair, index, 500)
    pair.follow(index)
    pair.caught_up(index)
    pair.follower.refresh(index)
    failures, asked, over = [], [0], threading.Event()

    def ask():
        while not over.is_set():
            for method, url in (("GET", f"/{index}/_doc/7"), ("POST", f"/{index}/_search?size=1"),
                                ("GET", f"/{index}/_count")):
                answer = pair.follower.request(method, url)
                asked[0] += 1
                shards = answer.json.get("_shards", {}) if answer.status == 200 else {}
                if answer.status != 200 or shards.get("failed") or shards.get("successful", 2) != 2:
                    failures.append(f"{method} {url}: {answer}")
    threads = [threading.Thread(target=ask, daemon=True) for _ in range(2)]
    with Writer(pair.leader, index, seed=44) as writer:
        writer.wait(500)
        for thread in threads:
            thread.start()
        try:
            before = asked[0]
            assert pair.stop_replication(index).json == {"acknowledged": True}
            pair.follower.put(index, "own", {"n": 1})
            until(lambda: asked[0] > before + 30, 60, "some more questions")
        finally:
            over.set()
            for thread in threads:
                thread.join()
    assert not failures, failures[:3]


def test_broken_followers_leave_the_others_alone(pair, name):
    """Fifty followers, five of which break in five ways: the others never show anything but SYNCING, and get everything."""
    names = [f"{name}-{n:02}" for n in range(50)]
    try:
        for index in names:
            pair.leader.create_index(index)
            pair.start_replication(index, query="?wait_for_restore=false")
        for index in names:
            pair.wait_status(index, "SYNCING", timeout=180)
        deleted, closed, anew, blocked, lost = broken = names[:5]
        pair.leader.delete_index(deleted)
        pair.leader.ok("POST", f"/{closed}/_close")
        pair.leader.delete_index(anew)
        pair.leader.create_index(anew)
        pair.leader.ok("PUT", f"/{blocked}/_settings", {"index.blocks.read": True})
        pair.leader.put(blocked, "x", {})
        pair.pause(lost)
        lose_lease(pair, lost)
        pair.resume(lost)
        well = names[5:]
        for turn in range(3):
            pair.leader.bulk([({"index": {"_index": index, "_id": f"{turn}-{n}"}}, {"n": n}) for n in range(20)
                              for index in well])
        for index in well:
            wait_caught_up(pair.leader, pair.follower, index)
            status = pair.status(index)
            assert status["status"] == "SYNCING" and status["reason"] == "User initiated", status
        for index, word in zip(broken, ("deleted", "closed", "force_resume", "A block, or a full disk", "force_resume")):
            reason_tells(pair, index, word)
        # Those that wait go on by themselves.
        pair.leader.ok("POST", f"/{closed}/_open")
        pair.leader.ok("PUT", f"/{blocked}/_settings", {"index.blocks.read": None})
        pair.leader.health(closed)
        pair.leader.put(closed, "y", {})
        for index in (closed, blocked):
            assert pair.same(index) == 1
            until(lambda name=index: pair.status(name)["reason"] == "User initiated", 60, f"{index} is well again")
        assert pair.same(well[0]) == 60
    finally:
        for index in names:
            pair.stop_replication(index)
        pair.follower.request("DELETE", f"/{name}-*")
        pair.leader.request("DELETE", f"/{name}-*")


def test_a_failed_bootstrap_never_shows_as_one_that_goes_on(pair, index):
    """The status after a refused copy is FAILED from the first moment, with the reason."""
    pair.leader.create_index(index)
    fill(pair, index, 10)
    pair.follower.ok("PUT", "/_cluster/settings", {"transient": {"cluster.max_shards_per_node": 1}})
    try:
        answer = pair.start_replication(index, query="?wait_for_restore=true")
        status = pair.status(index)
    finally:
        pair.follower.ok("PUT", "/_cluster/settings", {"transient": {"cluster.max_shards_per_node": None}})
    assert answer.status == 500 and status["status"] == "FAILED", (answer, status)
    assert "maximum" in status["reason"] and pair.follower.request("HEAD", f"/{index}").status == 404, status
