"""Issue item 5: two-node clusters with replicas; the primary's node dies, shards move; every copy is equal.

Node 0 of each cluster is its only cluster manager and lives through; node 1 is the one that dies.
"""
import pytest

from harness.cluster import start_together
from harness.content import compare, copies, differences, read_copy
from harness.load import Writer
from harness.pair import ALIAS, API
from harness.wait import until

PAIR = {"leader_nodes": 2, "follower_nodes": 2, "heap": "512m"}
QUICK = {"index.unassigned.node_left.delayed_timeout": "0"}


def make(pair, index, shards=2):
    pair.leader.create_index(index, shards=shards, replicas=1, settings=QUICK)
    pair.leader.health(index, timeout=180)
    pair.follow(index)
    pair.follower.health(index, timeout=180)


def primaries_to(cluster, index, node):
    """Makes the node hold the primary of shard 0, by moving shards between the two nodes."""
    if cluster.primary_node(index) is node:
        return
    # With one copy on each node only a promotion moves the role: take the replica away and back.
    other = cluster.primary_node(index)
    cluster.ok("PUT", f"/{index}/_settings", {"index.number_of_replicas": 0})
    cluster.health(index)
    cluster.move(index, 0, other, node)
    until(lambda: cluster.primary_node(index) is node, 60, "the primary has moved")
    cluster.ok("PUT", f"/{index}/_settings", {"index.number_of_replicas": 1})
    cluster.health(index)


def same_segments(pair, index):
    """As Pair.same, for replicas that get what a refresh shows a moment after it."""
    pair.caught_up(index)
    return until(lambda: compare(pair.leader, pair.follower, index), 60, "every copy has the segments")


def goes_on(pair, index):
    """Waits until the follower's primaries have what the leader has at this moment, while nothing else changes."""
    wanted = pair.leader.primary_checkpoints(index)

    def there():
        have = pair.follower.primary_checkpoints(index)
        return all(have[shard][1] >= reached for shard, (_, _, reached) in wanted.items())
    until(there, 60, "the promoted shards follow")


def test_replicas_on_both_sides(own_pair, own_index):
    """Also when every node of both clusters has died."""
    pair, index = own_pair, own_index
    make(pair, index)
    with Writer(pair.leader, index, seed=21) as writer:
        writer.wait(8000)
    assert pair.same(index) > 1000
    with Writer(pair.leader, index, threads=1, seed=20, tolerant=True) as writer:
        writer.wait(2000)
        for cluster in (pair.follower, pair.leader):
            cluster.kill()
        start_together(pair.follower, pair.leader)
        for cluster in (pair.leader, pair.follower):
            cluster.health(index, timeout=180)
        writer.wait(2000)
    pair.wait_status(index, "SYNCING")
    pair.same(index)


def test_segment_replication(own_pair, own_index):
    """Replicas that copy segments in place of operations, on both sides."""
    pair, index = own_pair, own_index
    pair.leader.create_index(index, shards=2, replicas=1, settings={**QUICK, "index.replication.type": "SEGMENT"})
    pair.leader.health(index, timeout=180)
    pair.follow(index)
    pair.follower.health(index, timeout=180)
    settings = pair.follower.ok("GET", f"/{index}/_settings?flat_settings=true")[index]["settings"]
    assert settings["index.replication.type"] == "SEGMENT", settings
    with Writer(pair.leader, index, threads=1, pause=0.15, seed=29) as writer:
        writer.wait(2000)
        pair.follower.nodes[1].kill()
        writer.wait(1000)
        pair.follower.nodes[1].start()
        pair.follower.health(index, timeout=180)  # its copies recover while documents are changed again and again
        writer.wait(1000)
    assert same_segments(pair, index) > 500


def test_a_replica_of_segments_recovers_from_a_promoted_one(own_pair, own_index):
    """The promoted one has everything from its translog, replayed by generations, newest first: Lucene has the last changes only."""
    pair, index = own_pair, own_index
    pair.leader.create_index(index, settings={"index.replication.type": "SEGMENT", "index.refresh_interval": "-1"})
    pair.follow(index, settings={"index.number_of_replicas": 1, "index.translog.generation_threshold_size": "1kb", **QUICK})
    pair.follower.health(index)
    for n in range(8):
        pair.leader.put(index, "changed", {"n": n, "pad": "x" * 2000})
        pair.leader.bulk([({"index": {"_id": f"{n}", "routing": f"r{n}"}}, {"n": n})], index)
        pair.caught_up(index)
    old = pair.follower.primary_node(index)
    pair.follower.ok("POST", "/_cluster/reroute", {"commands": [
        {"cancel": {"index": index, "shard": 0, "node": old.name, "allow_primary": True}}]})
    until(lambda: pair.follower.primary_node(index) is not old, 60, "the replica is promoted")
    pair.follower.health(index, timeout=60)
    pair.leader.put(index, "changed", {"n": 8})
    same_segments(pair, index)


def test_follower_primary_node_dies(own_pair, own_index):
    pair, index = own_pair, own_index
    make(pair, index)
    victim = pair.follower.nodes[1]
    with Writer(pair.leader, index, threads=1, pause=0.15, seed=22) as writer:
        writer.wait(3000)
        victim.kill()
        writer.wait(4000)
        until(lambda: {pair.follower.primary_node(index, shard).name for shard in (0, 1)}
              == {pair.follower.nodes[0].name}, 60, "replicas are promoted")
        writer.wait(2000)
        goes_on(pair, index)
        victim.start()
        pair.follower.health(index, timeout=180)
        writer.wait(2000)
    pair.same(index)


def test_follower_manager_node_dies(own_pair, own_index):
    """The node with the cluster manager goes and returns: the tasks live on."""
    pair, index = own_pair, own_index
    make(pair, index)
    with Writer(pair.leader, index, threads=1, pause=0.15, seed=23) as writer:
        writer.wait(3000)
        pair.follower.nodes[0].kill()
        writer.wait(2000)
        pair.follower.nodes[0].start()
        pair.follower.wait_nodes(2)
        pair.follower.health(index, timeout=180)
        writer.wait(2000)
    pair.wait_status(index, "SYNCING")
    pair.same(index)


def test_follower_shards_relocate(own_pair, own_index):
    """Primaries are moved between the nodes, back and forth, under load."""
    pair, index = own_pair, own_index
    pair.leader.create_index(index, shards=2)
    pair.follow(index)
    with Writer(pair.leader, index, threads=1, pause=0.15, seed=24) as writer:
        for _ in range(2):
            for shard in (0, 1):
                source = pair.follower.primary_node(index, shard)
                target = next(node for node in pair.follower.nodes if node is not source)
                writer.wait(1500)
                pair.follower.move(index, shard, source, target)
                until(lambda: pair.follower.primary_node(index, shard) is target, 60, "the shard has moved")
                pair.follower.health(index, timeout=180)
    pair.same(index)
    assert pair.status(index)["status"] == "SYNCING"


def test_leader_primary_node_dies(own_pair, own_index):
    """The leader fails over to the replica; the connection goes to the node that lives."""
    pair, index = own_pair, own_index
    make(pair, index, shards=1)
    primaries_to(pair.leader, index, pair.leader.nodes[1])
    with Writer(pair.leader, index, threads=1, pause=0.15, seed=25, tolerant=True) as writer:
        writer.wait(4000)
        pair.leader.nodes[1].kill()
        writer.wait(4000)
        pair.leader.nodes[1].start()
        pair.leader.health(index, timeout=180)
        writer.wait(2000)
    pair.same(index)


def test_leader_shard_relocates(own_pair, own_index):
    pair, index = own_pair, own_index
    pair.leader.create_index(index)
    pair.follow(index)
    with Writer(pair.leader, index, threads=1, pause=0.15, seed=26) as writer:
        for _ in range(2):
            source = pair.leader.primary_node(index)
            target = next(node for node in pair.leader.nodes if node is not source)
            writer.wait(3000)
            pair.leader.move(index, 0, source, target)
            until(lambda: pair.leader.primary_node(index) is target, 60, "the shard has moved")
            pair.leader.health(index, timeout=180)
        writer.wait(2000)
    pair.same(index)


def test_gateway_of_the_leader_dies(own_pair, own_index):
    """The node that the link leads to is killed; behind the same address another answers, as with a load balancer."""
    pair, index = own_pair, own_index
    make(pair, index, shards=1)
    primaries_to(pair.leader, index, pair.leader.nodes[0])
    gateway = pair.leader.nodes[1]
    pair.link.retarget(gateway)
    pair.link.cut()
    pair.link.resume()
    pair.wait_connected()
    with Writer(pair.leader, index, threads=1, pause=0.15, seed=29) as writer:
        writer.wait(2000)
        pair.caught_up_to(index, pair.leader.primary_checkpoints(index)[0][0])  # through the gateway, under load
        before = pair.link.stats()["accepted"]
        gateway.kill()
        pair.link.retarget(pair.leader.nodes[0])
        writer.wait(2000)
        last = pair.leader.primary_checkpoints(index)[0][0]
        pair.caught_up_to(index, last)
        assert not gateway.alive() and pair.link.stats()["accepted"] > before, "it came by new connections"
    gateway.start()
    pair.leader.health(index, timeout=180)
    pair.same(index)


def test_sniff_mode(own_pair, own_index):
    """The other connection mode: the follower talks to each leader node directly."""
    pair, index = own_pair, own_index
    seeds = [f"127.0.0.1:{node.transport_port}" for node in pair.leader.nodes]
    pair.follower.ok("PUT", "/_cluster/settings", {"persistent": {"cluster.remote.sniffed.seeds": seeds}})
    pair.wait_connected("sniffed")
    pair.leader.create_index(index, shards=3, replicas=1)
    pair.leader.health(index, timeout=180)
    pair.follow(index, alias="sniffed")
    with Writer(pair.leader, index, threads=1, pause=0.15, seed=27) as writer:
        writer.wait(3000)
    pair.same(index)


def test_stop_fills_nothing_on_replicas_that_is_there(own_pair, own_index):
    """After _stop every copy of a follower with replicas is writable and the copies stay equal."""
    pair, index = own_pair, own_index
    make(pair, index)
    with Writer(pair.leader, index, threads=1, pause=0.15, seed=28) as writer:
        writer.wait(4000)
        assert pair.stop_replication(index).status == 200
    for n in range(200):
        pair.follower.put(index, f"own-{n}", {"n": n})
    pair.follower.refresh(index)
    until(lambda: all(seq["local_checkpoint"] == seq["max_seq_no"] and seq["max_seq_no"] >= 0
                      for _, _, seq, _ in pair.follower.shard_stats(index)), 30, "no gaps on any copy")
    for shard, places in copies(pair.follower, index).items():
        first, second = (read_copy(pair.follower, index, shard, node) for node, _ in places)
        assert not differences(first, second)


def copies_agree(pair, index):
    """Every copy of the follower has the same; answers the documents of one."""
    pair.follower.refresh(index)
    place, *others = copies(pair.follower, index)[0]
    assert others, "there is another copy to compare with"
    first = read_copy(pair.follower, index, 0, place[0])
    for node, _ in others:
        assert not differences(first, read_copy(pair.follower, index, 0, node))
    return first


@pytest.mark.parametrize("verb", ["_stop", "_failover"])
def test_what_only_the_primary_has_is_on_every_copy_in_the_end(own_pair, own_index, verb):
    """A replica that is promoted after _stop loses nothing that the index had shown."""
    pair, index = own_pair, own_index
    pair.half_applied(index, {"index.number_of_replicas": 1, **QUICK})
    answer = pair.follower.request("POST", pair.url(index, verb), {})
    assert answer.status == 200, answer
    assert set(copies_agree(pair, index)) == {f"{n}" for n in range(120)}
    pair.follower.put(index, "own", {"n": 1})
    until(lambda: len({(seq["local_checkpoint"], seq["max_seq_no"], seq["global_checkpoint"])
                       for _, _, seq, _ in pair.follower.shard_stats(index)}) == 1, 60, "no gaps on any copy")
    assert len(copies_agree(pair, index)) == 121


def test_what_only_the_primary_has_reaches_replicas_after_a_pause(own_pair, own_index):
    """The next session begins after what the primary has; the replica gets what no batch brings it any more."""
    pair, index = own_pair, own_index
    pair.half_applied(index, {"index.number_of_replicas": 1, **QUICK})
    pair.follower.ok("POST", f"/{index}/_flush?force=true")
    assert pair.follower.primary_checkpoints(index)[0][1:] == (119, 49), "it is on the primary's disk, and nowhere else"
    assert pair.pause(index).status == 200
    assert pair.resume(index).status == 200
    until(lambda: {seq["local_checkpoint"] for _, _, seq, _ in pair.follower.shard_stats(index)} == {119}, 60,
          "the replica is level with the primary")
    assert set(copies_agree(pair, index)) == {f"{n}" for n in range(120)}


def test_a_replica_promoted_amid_a_failed_batch_gets_it_from_the_leader(own_pair, own_index):
    """Nothing stands in for what the new primary lacks: it is fetched again, from the leader that still keeps it."""
    pair, index = own_pair, own_index
    pair.half_applied(index, {"index.number_of_replicas": 1, **QUICK})
    old = pair.follower.primary_node(index)
    pair.follower.ok("POST", "/_cluster/reroute", {"commands": [
        {"cancel": {"index": index, "shard": 0, "node": old.name, "allow_primary": True}}]})
    pair.follower.health(index, timeout=180)
    assert pair.follower.primary_node(index) is not old
    until(lambda: pair.follower.primary_checkpoints(index)[0][0] == 119, 60, "the operations before the one that fails are back")
    assert pair.stop_replication(index).status == 200
    assert set(copies_agree(pair, index)) == {f"{n}" for n in range(120)}


def test_new_fields_and_large_operations_reach_replicas(own_pair, own_index):
    """A replica whose node has not heard of a mapping yet asks for the batch again, however large that is."""
    pair, index = own_pair, own_index
    pair.leader.create_index(index, mappings={"properties": {"large": {"type": "object", "enabled": False}}})
    pair.follow(index, settings={"index.number_of_replicas": 1, **QUICK})
    pair.follower.health(index)
    for turn in range(10):
        pair.leader.bulk([({"index": {"_id": f"{turn}-{n}"}}, {f"field-{turn}-{n}": f"{n}"}) for n in range(10)], index)
    pair.leader.put(index, "large", {"field-last": 1, "large": {"text": "twenty megabytes " * (20 * 1024 * 1024 // 17)}})
    assert pair.same(index) == 101
    assert len(copies(pair.follower, index)[0]) == 2


def test_primaries_that_are_gone_are_named(own_pair, own_index):
    """A status without replicas of a dead node says so; so does _failover, and the shards are ordinary once they are back."""
    pair, index = own_pair, own_index
    pair.leader.create_index(index, shards=5)
    pair.follow(index)
    pair.follower.health(index)
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(100)], index)
    pair.caught_up(index)
    victim = pair.follower.nodes[1]
    gone = [shard for shard in range(5) if pair.follower.primary_node(index, shard) is victim]
    assert 0 < len(gone) < 5, gone
    victim.kill()

    def named():
        status = pair.follower.ok("GET", pair.url(index, "_status") + "?detailed=true")
        return status["details"].get("shards_without_primary") == gone and status
    status = until(named, 60, "the shards without a primary are named")
    assert status["status"] == "SYNCING" and f"primaries of shards {gone}" in status["reason"], status
    answer = pair.follower.request("POST", pair.url(index, "_failover"))
    assert answer.status == 200 and (answer.json["acknowledged"], answer.json["num_promoted"]) == (False, 0), answer
    told = answer.json["indices"][index]
    assert told["promoted"] is False
    assert [shard["shard"] for shard in told["shards"] if not shard["promoted"]] == gone, told
    victim.start()
    pair.follower.wait_nodes(2)
    pair.follower.health(index, timeout=180)
    for n in range(50):
        pair.follower.put(index, f"own-{n}", {"n": n})
    assert all(maximum == local for maximum, local, _ in pair.follower.primary_checkpoints(index).values())


def test_a_bulk_task_whose_node_dies_says_so(own_pair, own_index):
    """Nobody goes on with it, its status tells what to do, and the next one may begin at once."""
    pair, index = own_pair, own_index
    names = [f"{index}-{letter}" for letter in "abc"]
    for name in names:
        pair.leader.create_index(name)
    pair.follow(names[2])  # so that the metadata index is there before no shard can be placed any more
    victim = pair.follower.nodes[1]
    room = "cluster__routing__allocation__node_initial_primaries_recoveries"  # 0 lets a restore wait
    pair.follower.settings(**{room: 0}, plugins__replication__follower__bulk_batch_size=1)
    try:
        body = {"leader_alias": ALIAS, "pattern": f"{index}-*", "filters": {"exclude_index": [names[2]]}}
        answer = victim.http.request("POST", f"{API}/_bulk_start", body)
        assert answer.status == 200, answer
        task_id = answer.json["task_id"]
        victim.kill()

        def told():
            found = pair.follower.ok("GET", f"{API}/_task_status/{task_id}")
            return found["num_pending"] == 0 and found
        found = until(told, 90, "the task tells that its node is gone")
        assert found["num_cancelled"] == 2 and found["failed_indices"] == [
            {"index": f"{index}-*", "failure_reason": "The node that worked on this task is gone. "
                                                      "Call it again: what is done already is left as it is."}], found
    finally:
        pair.follower.settings(**{room: None}, plugins__replication__follower__bulk_batch_size=None)
    answer = pair.follower.request("POST", f"{API}/_bulk_stop", {"pattern": names[2]})
    assert answer.status == 200, answer
    victim.start()
    pair.follower.wait_nodes(2)
    for name in names:
        pair.drop(name)


def test_no_cluster_manager_within_the_timeout(own_pair, own_index):
    """Each verb answers 503 once its cluster_manager_timeout is over, and nothing of it is done, not even later."""
    pair, index = own_pair, own_index
    pair.leader.create_index(index)
    pair.leader.create_index(f"{index}-new")
    pair.leader.create_index(f"{index}-paused")
    pair.follow(index)
    pair.follow(f"{index}-paused")
    assert pair.pause(f"{index}-paused", "lunch").status == 200
    manager, other = pair.follower.nodes

    def records():
        found = pair.follower.ok("GET", "/.replication-metadata-store/_search?size=100")["hits"]["hits"]
        return {hit["_id"]: hit["_source"] for hit in found if hit["_id"].startswith(index)}
    before = records()
    assert len(before) == 2

    def asked(method, name, verb, body):
        return other.http.request(method, f"{API}/{name}/{verb}?cluster_manager_timeout=1s", body)
    manager.kill()
    try:
        until(lambda: other.http.request("GET", "/_cluster/health?local=true&timeout=1s").status != 200
              or other.http.request("GET", "/_cat/cluster_manager?cluster_manager_timeout=100ms").status == 503,
              60, "the node has no cluster manager")
        for method, name, verb, body in (
                ("PUT", f"{index}-new", "_start", {"leader_alias": ALIAS, "leader_index": f"{index}-new"}),
                ("POST", index, "_pause", {"reason": "never"}), ("POST", index, "_stop", {}),
                ("POST", f"{index}-paused", "_resume", {}),
                ("PUT", index, "_update", {"settings": {"index.max_result_window": 777}})):
            answer = asked(method, name, verb, body)
            assert answer.status == 503, (verb, answer)
    finally:
        manager.start()
        pair.follower.wait_nodes(2)
    pair.wait_status(index, "SYNCING")
    assert pair.status(f"{index}-paused")["reason"] == "lunch" and pair.wait_status(f"{index}-paused", "PAUSED")
    assert records() == before
    assert pair.status(f"{index}-new") == {"status": "REPLICATION NOT IN PROGRESS"}
    assert pair.follower.request("HEAD", f"/{index}-new").status == 404
    settings = pair.follower.ok("GET", f"/{index}/_settings?flat_settings=true")[index]["settings"]
    assert "index.max_result_window" not in settings, settings
    pair.leader.put(index, "1", {"n": 1})
    assert pair.same(index) == 1
    pair.leader.delete_index(f"{index}-new")
    pair.drop(f"{index}-paused")
