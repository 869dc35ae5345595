"""A bootstrap for whose shards the follower cluster has no room now waits, says so, and begins by itself."""
import pytest

from harness.rules import Rules
from harness.wait import until
from test_lifecycle import fill, reason_tells

ALLOCATION = "cluster.routing.allocation."
IN_THE_WAY = {"switched-off": {ALLOCATION + "enable": "none"}, "nodes-excluded": {ALLOCATION + "exclude._name": "*"}}


@pytest.fixture
def beside(pair, index):
    """A follower that runs already, and must not notice."""
    beside = index + "-beside"
    pair.leader.create_index(beside)
    pair.follow(beside)
    pair.caught_up(beside)
    yield beside
    pair.drop(beside)


@pytest.fixture(params=sorted(IN_THE_WAY))
def in_the_way(pair, request):
    settings = IN_THE_WAY[request.param]

    def lift():
        pair.follower.ok("PUT", "/_cluster/settings", {"transient": dict.fromkeys(settings)})
    pair.follower.ok("PUT", "/_cluster/settings", {"transient": settings})
    yield lift
    lift()


def test_waits_for_a_node_that_may_take_the_shard(pair, index, beside, in_the_way):
    pair.leader.create_index(index, shards=2)
    fill(pair, index, 20)
    assert pair.start_replication(index).status == 200
    status = reason_tells(pair, index, "no node of this cluster may take shard")
    assert status["status"] == "BOOTSTRAPPING" and "resumes by itself" in status["reason"], status
    assert "[cluster.routing.allocation.*]" in status["reason"], status
    fill(pair, index, 10, 20)
    fill(pair, beside, 10)
    assert pair.same(beside) == 10
    in_the_way()
    pair.wait_status(index, "SYNCING")
    assert pair.same(index) == 30
    until(lambda: pair.status(index)["reason"] == "User initiated", 60, "no word of a wait that is over")


def test_stop_while_it_waits(pair, index, beside, in_the_way):
    """Leaves nothing behind on either side, and the name is free."""
    pair.leader.create_index(index)
    fill(pair, index, 5)
    assert pair.start_replication(index).status == 200
    reason_tells(pair, index, "no node of this cluster may take shard")
    assert pair.stop_replication(index).status == 200
    until(lambda: pair.follower.request("HEAD", f"/{index}").status == 404, 60, f"nothing is left of {index}")

    def no_lease():
        shards = pair.leader.ok("GET", f"/{index}/_stats?level=shards")["indices"][index]["shards"]
        return not [lease for copies in shards.values() for copy in copies
                    for lease in copy["retention_leases"]["leases"] if lease["id"].startswith("replication:")]
    until(no_lease, 60, "no lease is left on the leader")
    in_the_way()
    pair.follow(index)
    assert pair.same(index) == 5


def test_gives_its_place_to_others(pair, name):
    """One index that no node may take holds back none of those that the same rule starts after it."""
    rules = Rules(pair, name[:60])
    first, second = f"{rules.prefix}-first", f"{rules.prefix}-second"
    parallel = "plugins__replication__autofollow__concurrent_replication_jobs_trigger_size"
    filtered = "index.routing.allocation.require.box"
    try:
        pair.follower.settings(**{parallel: 1})
        pair.leader.create_index(first)
        fill(pair, first, 5)
        pair.leader.ok("PUT", f"/{first}/_settings", {filtered: "nowhere"})
        rules.made()
        reason_tells(pair, first, "no node of this cluster may take shard")
        pair.leader.create_index(second)
        fill(pair, second, 5)
        assert pair.same(second) == 5
        assert pair.status(first)["status"] == "BOOTSTRAPPING"
        pair.leader.ok("PUT", f"/{first}/_settings", {filtered: None})
        assert pair.same(first) == 5
    finally:
        pair.follower.settings(**{parallel: None})
        rules.clear()
