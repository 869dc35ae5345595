"""What users and tools see: status fields, tasks, leases, the metadata index, the installed plugin."""
from harness.config import PLUGIN_NAME
from harness.pair import ALIAS
from harness.wait import until


def test_plugin_is_listed(pair):
    for cluster in (pair.leader, pair.follower):
        plugins = cluster.ok("GET", "/_cat/plugins?format=json")
        assert PLUGIN_NAME in {plugin["component"] for plugin in plugins}


def test_status_fields(pair, index):
    pair.leader.create_index(index, shards=2)
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(100)], index)
    pair.follow(index)
    pair.caught_up(index)
    sums = sum(maximum for maximum, _, _ in pair.leader.primary_checkpoints(index).values())

    def settled():
        details = pair.status(index)["syncing_details"]
        return details["leader_checkpoint"] == details["follower_checkpoint"] == sums
    until(settled, 40, "the checkpoints in the status are those of the shards")
    status = pair.status(index)
    assert set(status) == {"status", "reason", "leader_alias", "leader_index", "follower_index",
                           "syncing_details"}, status
    assert status["status"] == "SYNCING" and status["reason"] == "User initiated"
    assert (status["leader_alias"], status["leader_index"], status["follower_index"]) == (ALIAS, index, index)
    assert status["syncing_details"] == {"leader_checkpoint": sums, "follower_checkpoint": sums, "seq_no": sums + 2}
    verbose = pair.status(index, verbose=True)
    shards = verbose["shard_replication_details"]
    assert sorted(shard["shard_id"] for shard in shards) == [f"[{index}][0]", f"[{index}][1]"]
    for shard in shards:
        assert set(shard["syncing_task_details"]) == {"leader_checkpoint", "follower_checkpoint", "seq_no"}


def test_status_of_an_empty_shard(pair, index):
    pair.leader.create_index(index)
    pair.follow(index)
    assert pair.status(index)["syncing_details"] == {"leader_checkpoint": -1, "follower_checkpoint": -1, "seq_no": 0}


def test_status_while_paused(pair, index):
    pair.leader.create_index(index)
    pair.follow(index)
    pair.pause(index, "because")
    assert pair.status(index) == {"status": "PAUSED", "reason": "because", "leader_alias": ALIAS, "leader_index": index,
                                  "follower_index": index}


def test_only_documented_words(pair, index):
    """From before _start until SYNCING no word appears that the contract does not know."""
    pair.leader.create_index(index, shards=3)
    pair.leader.bulk([({"index": {}}, {"n": n}) for n in range(2000)], index)
    words = [pair.status(index)["status"]]
    assert pair.start_replication(index).status == 200
    while words[-1] != "SYNCING":
        words.append(pair.status(index)["status"])
        assert len(words) < 20000
    assert set(words) <= {"REPLICATION NOT IN PROGRESS", "BOOTSTRAPPING", "SYNCING"}, set(words)
    # Once SYNCING is shown, pause works.
    assert pair.pause(index).json == {"acknowledged": True}


def test_wait_for_restore(pair, index):
    pair.leader.create_index(index)
    pair.leader.bulk([({"index": {}}, {"n": n}) for n in range(500)], index)
    assert pair.start_replication(index, query="?wait_for_restore=true").status == 200
    assert pair.status(index)["status"] == "SYNCING"
    assert pair.same(index) == 500


def test_tasks(pair, index):
    pair.leader.create_index(index, shards=2)
    uuid = pair.leader.ok("GET", f"/{index}/_settings")[index]["settings"]["index"]["uuid"]
    pair.follow(index)
    tasks = [task for task in pair.tasks() if index in task.get("description", "")]
    found = {(task["action"], task["description"]) for task in tasks}
    assert ("cluster:indices/admin/replication[c]", f"replication:{ALIAS}:[{index}/{uuid}] -> {index}") in found, found
    for shard in (0, 1):
        assert ("cluster:indices/shards/replication[c]",
                f"replication:{ALIAS}:[{index}][{shard}] -> [{index}][{shard}]") in found, found
    assert pair.stop_replication(index).status == 200
    until(lambda: not [task for task in pair.tasks("cluster:*replication*") if index in task.get("description", "")],
          30, "tasks end after _stop")


def test_leases(pair, index):
    pair.leader.create_index(index, shards=2)
    pair.follow(index)
    about = pair.follower.ok("GET", "/")
    for shard, leases in pair.leader.leases(index).items():
        ours = [lease for lease in leases if lease["id"].startswith("replication:")]
        assert [lease["id"] for lease in ours] == [
            f"replication:{about['cluster_name']}:{about['cluster_uuid']}:[{index}][{shard}]"], leases
        assert ours[0]["source"] == f"replication:{about['cluster_name']}"
    pair.leader.bulk([({"index": {}}, {"n": n}) for n in range(300)], index)
    pair.caught_up(index)
    assert pair.stop_replication(index).status == 200
    until(lambda: not any(lease["id"].startswith("replication:") for leases in pair.leader.leases(index).values()
                          for lease in leases), 30, "leases are removed by _stop")


def test_metadata_store(pair, index):
    pair.leader.create_index(index)
    pair.follow(index)
    store = ".replication-metadata-store"
    info = pair.follower.ok("GET", f"/{store}")[store]
    assert info["settings"]["index"]["hidden"] == "true" and info["mappings"]["dynamic"] == "strict"
    pair.follower.request("POST", f"/{store}/_refresh")
    record = pair.follower.get(store, index)["_source"]
    assert record["connection_name"] == ALIAS and record["metadata_type"] == "INDEX"
    assert record["overall_state"] == "RUNNING"
    assert record["leader_context"]["resource"] == index and record["follower_context"]["resource"] == index
    pair.pause(index)
    assert pair.follower.get(store, index)["_source"]["overall_state"] == "PAUSED"
    pair.stop_replication(index)
    until(lambda: pair.follower.get(store, index) is None, 60, "the record is gone")
