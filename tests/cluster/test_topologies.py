"""A cluster as its own leader, several followers of one index, chains, opposite directions, and no loops."""
import json
import threading

import pytest

from harness import content
from harness.cluster import path
from harness.pair import ALIAS, API
from harness.wait import until

SELF, BACK = "self", "back"


@pytest.fixture(scope="module")
def web(pair):
    """Each cluster of the pair also knows itself, and the leader knows the follower."""
    def knows(cluster, alias, other):
        prefix = f"cluster.remote.{alias}."
        cluster.settings(**{prefix + "mode": "proxy", prefix + "proxy_address": f"127.0.0.1:{other.nodes[0].transport_port}"})

        def connected():
            cluster.request("POST", f"/{alias}:none*/_search?size=0")
            return cluster.ok("GET", "/_remote/info").get(alias, {}).get("connected")
        until(connected, 60, f"{cluster.name} is connected to {alias}")
    knows(pair.follower, SELF, pair.follower)
    knows(pair.leader, SELF, pair.leader)
    knows(pair.leader, BACK, pair.follower)
    yield pair
    pair.follower.settings(**{f"cluster.remote.{SELF}.*": None})
    pair.leader.settings(**{f"cluster.remote.{SELF}.*": None, f"cluster.remote.{BACK}.*": None})


@pytest.fixture
def made(web):
    """Indices to be removed: (cluster, name) in the order of their making."""
    places = []
    yield places
    for cluster, name in reversed(places):
        cluster.request("POST", f"{API}{path(name)}/_stop", {})
        cluster.delete_index(name)


def start(cluster, follower, alias, leader):
    return cluster.request("PUT", f"{API}{path(follower)}/_start?wait_for_restore=true",
                           {"leader_alias": alias, "leader_index": leader})


def follow(made, cluster, follower, alias, leader):
    made.append((cluster, follower))
    answer = start(cluster, follower, alias, leader)
    assert answer.status == 200, answer


def create(made, cluster, name, documents=20):
    made.append((cluster, name))
    cluster.create_index(name, shards=2)
    fill(cluster, name, "first", documents)


def fill(cluster, name, tag, documents=20):
    cluster.bulk([({"index": {"_id": f"{tag}-{n}"}}, {"n": n, tag: "text"}) for n in range(documents)], name)


def same(source, leader, target, follower):
    content.wait_caught_up(source, target, leader, follower)
    return content.compare(source, target, leader, follower)


def test_a_cluster_follows_itself(web, name, made):
    here = web.follower
    create(made, here, name)
    follow(made, here, f"{name}-copy", SELF, name)
    fill(here, name, "second")
    assert same(here, name, here, f"{name}-copy") == 40


def test_several_followers_of_one_index(web, name, made):
    """Three at once on one cluster, and one on another; stopping one leaves the leases of the others."""
    create(made, web.leader, name)
    copies = [f"{name}-{number}" for number in range(3)]
    answers = {}
    threads = [threading.Thread(target=lambda copy=copy: answers.update({copy: start(web.follower, copy, ALIAS, name)}),
                                daemon=True)
               for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.extend((web.follower, copy) for copy in copies)
    assert all(answers[copy].status == 200 for copy in copies), answers
    follow(made, web.leader, f"{name}-there", SELF, name)
    fill(web.leader, name, "second")
    for copy in copies:
        assert same(web.leader, name, web.follower, copy) == 40
    assert same(web.leader, name, web.leader, f"{name}-there") == 40
    assert web.stop_replication(copies[0]).status == 200
    leases = {lease["id"].rsplit(":", 1)[1] for lease in web.leader.leases(name)[0] if "replication:" in lease["id"]}
    assert leases == {f"[{copy}][0]" for copy in [*copies[1:], f"{name}-there"]}
    fill(web.leader, name, "third")
    for copy in copies[1:]:
        assert same(web.leader, name, web.follower, copy) == 60


def test_chain(web, name, made):
    """leader -> follower -> leader; the one in the middle becomes an ordinary index, and the last one follows it on."""
    first, middle, last = name, f"{name}-middle", f"{name}-last"
    create(made, web.leader, first)
    follow(made, web.follower, middle, ALIAS, first)
    follow(made, web.leader, last, BACK, middle)
    fill(web.leader, first, "second")
    assert same(web.leader, first, web.follower, middle) == 40
    assert same(web.follower, middle, web.leader, last) == 40
    assert web.stop_replication(middle).status == 200
    fill(web.follower, middle, "third")
    assert same(web.follower, middle, web.leader, last) == 60


def test_opposite_directions(web, name, made):
    there, back = f"{name}-there", f"{name}-back"
    create(made, web.leader, there)
    create(made, web.follower, back)
    follow(made, web.follower, there, ALIAS, there)
    follow(made, web.leader, back, BACK, back)
    fill(web.leader, there, "second")
    fill(web.follower, back, "second")
    assert same(web.leader, there, web.follower, there) == 40
    assert same(web.follower, back, web.leader, back) == 40


def test_loops_are_refused(web, name, made):
    first, middle, last = name, f"{name}-middle", f"{name}-last"
    create(made, web.leader, first)
    follow(made, web.follower, middle, ALIAS, first)
    follow(made, web.leader, last, BACK, middle)

    def refused(cluster, follower, alias, leader, circle):
        answer = start(cluster, follower, alias, leader)
        assert answer.status == 400, answer
        assert f"Cannot Replicate a Replicated Index {leader}" in answer.reasons(), answer
        assert f"{circle} would be a loop" in answer.reasons(), answer
    refused(web.leader, first, SELF, first, f"[{first}] -> [{first}]")
    refused(web.leader, first, BACK, middle, f"[{first}] -> [{middle}] -> [{first}]")
    refused(web.leader, first, SELF, last, f"[{first}] -> [{middle}] -> [{last}] -> [{first}]")
    refused(web.follower, middle, ALIAS, last, f"[{middle}] -> [{last}] -> [{middle}]")
    # Once the index in the middle follows nobody, the direction may be turned round.
    assert web.stop_replication(middle).status == 200
    web.leader.delete_index(first)
    fill(web.follower, middle, "second")
    follow(made, web.leader, first, BACK, middle)
    assert same(web.follower, middle, web.leader, first) == 40


def test_a_rule_does_not_bring_documents_back(web, name, made):
    """Under ever new names two clusters could copy them to and fro without end."""
    middle = f"{name}-middle"
    create(made, web.leader, name, 1)
    follow(made, web.follower, middle, ALIAS, name)
    rule = {"leader_alias": BACK, "name": name}
    web.leader.ok("POST", f"{API}/_autofollow", {**rule, "pattern": middle, "include_followers": True,
                                                 "follower_index_pattern": "{{leader_index}}-again"})
    try:
        def failed():
            text = json.dumps(web.leader.ok("GET", f"{API}/_autofollow/{name}"))
            return f"its documents come from [{name}] of this cluster" in text
        until(failed, 60, "the rule tells why it does not follow")
        assert web.leader.request("HEAD", f"/{middle}-again").status == 404
    finally:
        web.leader.ok("DELETE", f"{API}/_autofollow", rule)
