"""The four _bulk_* verbs, _bulk_status, _task_status and _task_cancel."""
import pytest

from harness.pair import ALIAS, API
from harness.wait import until

FIELDS = ["operation_type", "pattern", "start_time", "num_success", "num_failed", "num_pending", "num_cancelled",
          "failed_indices"]


def bulk(pair, verb, pattern, exclude=None, **more):
    body = {"pattern": pattern, **more}
    if exclude is not None:
        body["filters"] = {"exclude_index": exclude}
    if verb == "start":
        body.setdefault("leader_alias", ALIAS)
    return pair.follower.request("POST", f"{API}/_bulk_{verb}", body)


def task(pair, task_id):
    return pair.follower.ok("GET", f"{API}/_task_status/{task_id}")


def done(pair, answer, timeout=90):
    """The end of the task that an answer names."""
    assert answer.status == 200 and answer.json["acknowledged"] is True, answer
    assert list(answer.json) == ["acknowledged", "task_id"]
    return end_of(pair, answer.json["task_id"], timeout)


def end_of(pair, task_id, timeout=90):
    """What came of a task. Another may begin at once, and this one is known by its number alone."""
    def ended():
        found = task(pair, task_id)
        return found["num_pending"] == 0 and found
    found = until(ended, timeout, f"bulk task {task_id} ends")
    assert list(found) == FIELDS, found
    return found


def numbers(found):
    return {kind: found["num_" + kind] for kind in ("success", "failed", "cancelled")}


def test_time_for_each_index(pair, index, family):
    """The caller's own, in place of the setting; what is late is told in the contract's words."""
    pair.follow(family[0])
    late = "Timed out waiting for replication to confirm started. Replication may still be in progress — check index status."
    answer = pair.follower.request("POST", f"{API}/_bulk_start?timeout=0ms&cluster_manager_timeout=20s",
                                   {"leader_alias": ALIAS, "pattern": family[1]})
    found = done(pair, answer)
    assert found["failed_indices"] == [{"index": family[1], "failure_reason": late}], found
    answer = pair.follower.request("POST", f"{API}/_bulk_pause?timeout=30s&master_timeout=20s", {"pattern": family[0]})
    assert numbers(done(pair, answer)) == {"success": 1, "failed": 0, "cancelled": 0}
    task_id = answer.json["task_id"]
    for verb, method in (("_task_status", "GET"), ("_task_cancel", "POST")):
        answer = pair.follower.request(method, f"{API}/{verb}/{task_id}?timeout=20s&cluster_manager_timeout=20s")
        assert answer.status == (200 if method == "GET" else 404), answer


@pytest.fixture
def family(pair, index):
    """Five leader indices of one prefix; nothing of them stays."""
    names = [f"{index}-{letter}" for letter in "abcde"]
    for name in names:
        pair.leader.create_index(name)
        pair.leader.put(name, "1", {"name": name})
    yield names
    for name in names:
        pair.drop(name)


def test_bulk_verbs(pair, index, family):
    """Start, pause, resume and stop a family but for one, of which another stands in the way."""
    here, left = family[1], family[4]
    pair.follower.create_index(here)
    found = done(pair, bulk(pair, "start", f"{index}-*", [f"{index}-[e-z]", left]))
    assert numbers(found) == {"success": 3, "failed": 1, "cancelled": 0}, found
    assert found["operation_type"] == "bulk_start_replication" and found["pattern"] == f"{index}-*"
    assert found["failed_indices"] == [
        {"index": here, "failure_reason": f"Can't use same index again for replication. Delete the index:{here}"}]
    running = [family[0], family[2], family[3]]
    for name in running:
        assert pair.status(name)["status"] == "SYNCING"
        assert pair.same(name) == 1
    assert pair.status(left) == {"status": "REPLICATION NOT IN PROGRESS"}

    # A pattern on this cluster also finds the ordinary index.
    found = done(pair, bulk(pair, "pause", f"{index}-*"))
    assert numbers(found) == {"success": 3, "failed": 1, "cancelled": 0}, found
    assert found["failed_indices"][0]["failure_reason"] == f"No replication in progress for index:{here}"
    statuses = pair.follower.ok("GET", f"{API}/_bulk_status?pattern={index}-*")
    assert list(statuses) == ["indices"] and list(statuses["indices"]) == running
    for name in running:
        assert statuses["indices"][name] == {"status": "PAUSED", "reason": "bulk_pause", "leader_alias": ALIAS,
                                             "leader_index": name, "follower_index": name}

    # Nothing that matches can be paused any more: every reason is told, and no task begins.
    answer = bulk(pair, "pause", f"{index}-*")
    assert answer.status == 400, answer
    assert f"Index {running[0]} is already paused; No replication in progress for index:{here}; " in answer.reasons()

    found = done(pair, bulk(pair, "resume", f"{index}-*", [here]))
    assert numbers(found) == {"success": 3, "failed": 0, "cancelled": 0}, found
    assert found["operation_type"] == "bulk_resume_replication"
    answer = bulk(pair, "resume", running[0])
    assert answer.status == 400 and f"Replication on Index {running[0]} is already running" in answer.reasons()

    found = done(pair, bulk(pair, "stop", f"{index}-*", [here]))
    assert numbers(found) == {"success": 3, "failed": 0, "cancelled": 0}, found
    assert pair.follower.ok("GET", f"{API}/_bulk_status?pattern={index}-*") == {"indices": {}}
    for name in running:
        pair.follower.put(name, "2", {})  # an ordinary index
    pair.follower.delete_index(here)


def test_bulk_resume_refuses_what_only_a_copy_can_bring_back(pair, index, family):
    """The same check as of a single _resume, and before a task begins; the others are resumed."""
    lost, kept = family[0], family[1]
    for name in (lost, kept):
        pair.follow(name)
        assert pair.pause(name).status == 200
    pair.leader.delete_index(lost)
    pair.leader.create_index(lost)
    text = f"Retention lease doesn't exist. Replication can't be resumed for {lost}. " \
        "Use force_resume=true to restore from snapshot."
    answer = bulk(pair, "resume", lost)
    assert answer.status == 400 and text in answer.reasons(), answer
    found = done(pair, bulk(pair, "resume", f"{index}-*", family[2:]))
    assert numbers(found) == {"success": 1, "failed": 1, "cancelled": 0}, found
    assert found["failed_indices"] == [{"index": lost, "failure_reason": text}]
    assert pair.status(kept)["status"] == "SYNCING" and pair.status(lost)["status"] == "PAUSED"


def test_one_task_at_a_time_and_cancel(pair, index, family):
    """A task that hangs keeps others out; cancelled, it begins no further index and brings what it began to its end."""
    pair.follow(family[4])  # so that the metadata index is there before no shard can be placed any more
    room = "cluster__routing__allocation__node_initial_primaries_recoveries"  # 0 lets a restore wait
    pair.follower.settings(**{room: 0}, plugins__replication__follower__bulk_batch_size=1)
    try:
        answer = bulk(pair, "start", f"{index}-*", [family[4]])
        assert answer.status == 200, answer
        task_id = answer.json["task_id"]
        answer = bulk(pair, "start", f"{index}-*")
        assert answer.status == 400, answer
        assert "A bulk replication task is already running. Only one bulk task is allowed at a time." in answer.reasons()
        seen = pair.tasks("cluster:admin/plugins/replication/bulk/start*")
        assert len(seen) == 1 and seen[0]["status"]["num_pending"] == 4, seen
        until(lambda: pair.status(family[0])["status"] == "BOOTSTRAPPING", 30, "the first index has begun")
        assert pair.follower.request("POST", f"{API}/_task_cancel/{task_id}").json == {"acknowledged": True}
    finally:
        pair.follower.settings(**{room: None}, plugins__replication__follower__bulk_batch_size=None)
    found = end_of(pair, task_id)
    assert numbers(found) == {"success": 1, "failed": 0, "cancelled": 3}, found
    answer = pair.follower.request("POST", f"{API}/_task_cancel/{task_id}")
    assert answer.status == 404 and f"Task {task_id} not found or already completed" in answer.reasons(), answer
    # The next one may begin at once.
    assert numbers(done(pair, bulk(pair, "stop", family[0])))["success"] == 1


@pytest.mark.parametrize("verb, body, status, text", [
    ("start", None, 400, "request body or source parameter is required"),
    ("stop", None, 400, "request body or source parameter is required"),
    ("start", {"pattern": "x*"}, 400, "leader_alias is required for bulk start"),
    ("start", {"leader_alias": ALIAS}, 400, "pattern is required"), ("pause", {}, 400, "pattern is required"),
    ("stop", {"pattern": "a b"}, 400, "pattern contains invalid characters: a b"),
    ("stop", {"pattern": "_all"}, 400, "pattern contains invalid characters: _all"),
    ("resume", {"pattern": "a,b"}, 400, "pattern contains invalid characters: a,b"),
    ("pause", {"pattern": "x*", "leader_alias": "y"}, 400, "leader_alias"),
    ("pause", {"pattern": "x*", "filters": {"surprise": []}}, 400, "surprise"),
    ("start", {"pattern": "x*", "leader_alias": ALIAS, "use_roles": {"leader_cluster_role": "a"}}, 400, "Need roles"),
    ("start", {"pattern": "x*", "leader_alias": "nobody"}, 404, "no such remote cluster: [nobody]"),
    ("start", {"pattern": "none-such-*", "leader_alias": ALIAS}, 404,
     "No indices found matching pattern: [none-such-*] on leader cluster"),
    ("stop", {"pattern": "none-such-*"}, 404, "No indices found matching pattern: [none-such-*]"),
])
def test_refused_bulk(pair, verb, body, status, text):
    answer = pair.follower.request("POST", f"{API}/_bulk_{verb}", body)
    assert answer.status == status and text in answer.text, answer


def test_refused_task_requests(pair):
    for method, verb in (("GET", "_task_status"), ("POST", "_task_cancel")):
        answer = pair.follower.request(method, f"{API}/{verb}/nonsense")
        assert answer.status == 400 and "Invalid task_id format" in answer.reasons(), answer
        answer = pair.follower.request(method, f"{API}/{verb}/nobody:17")
        assert answer.status == 404 and "Task nobody:17 not found or already completed" in answer.reasons(), answer
    answer = pair.follower.request("GET", f"{API}/_bulk_status")
    assert answer.status == 400 and "pattern parameter is required" in answer.reasons(), answer
    assert pair.follower.ok("GET", f"{API}/_bulk_status?pattern=none-such-*") == {"indices": {}}
