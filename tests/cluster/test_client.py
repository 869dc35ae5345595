"""opensearch-py's own methods for replication, all of them, as its users call them."""
import pytest
from opensearchpy import OpenSearch, RequestError

from harness.pair import ALIAS
from harness.wait import until


@pytest.fixture(scope="module")
def clients(pair):
    """(leader, follower)"""
    def client(cluster):
        return OpenSearch(hosts=[{"host": "127.0.0.1", "port": cluster.nodes[0].http_port}], timeout=60)
    both = client(pair.leader), client(pair.follower)
    yield both
    for one in both:
        one.close()


def syncing(follower, index):
    def reached():
        return follower.plugins.replication.status(index=index)["status"] == "SYNCING"
    until(reached, 60, f"{index} is SYNCING")


def test_verbs_of_one_index(pair, clients, index):
    leader, follower = clients
    replication = follower.plugins.replication
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    done = {"acknowledged": True}
    assert replication.start(index=index, body={"leader_alias": ALIAS, "leader_index": index}) == done
    syncing(follower, index)
    assert pair.same(index) == 1
    assert replication.update_settings(index=index, body={"settings": {"index.max_result_window": 321}}) == done
    until(lambda: follower.indices.get_settings(index=index, flat_settings=True)[index]["settings"].get(
        "index.max_result_window") == "321", 60, "the setting is in place")
    assert replication.pause(index=index, body={"reason": "by a client"}) == done
    status = replication.status(index=index)
    assert (status["status"], status["reason"]) == ("PAUSED", "by a client")
    assert replication.resume(index=index, body={}) == done
    syncing(follower, index)
    assert len(replication.follower_stats()) == 16
    assert len(leader.plugins.replication.leader_stats()) == 9
    assert replication.stop(index=index, body={}) == done
    assert replication.status(index=index) == {"status": "REPLICATION NOT IN PROGRESS"}
    with pytest.raises(RequestError) as refused:
        replication.stop(index=index, body={})
    assert refused.value.status_code == 400 and refused.value.error == "illegal_argument_exception"


def test_rules(pair, clients, index):
    _, follower = clients
    replication = follower.plugins.replication
    rule = {"leader_alias": ALIAS, "name": "rule-of-a-client"}
    assert replication.create_replication_rule(body={**rule, "pattern": f"{index}*"}) == {"acknowledged": True}
    try:
        pair.leader.create_index(index)
        syncing(follower, index)
        stats = replication.autofollow_stats()
        assert len(stats) == 5
        assert "rule-of-a-client" in {one["name"] for one in stats["autofollow_stats"]}
    finally:
        assert replication.delete_replication_rule(body=rule) == {"acknowledged": True}
