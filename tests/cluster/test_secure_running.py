"""Rights that change while replication runs, restricted readers, and what a stranger can learn."""
import json

import pytest

import permissions

from harness.guard import FOLLOWER_ROLE, LEADER_ROLE
from harness.pair import API
from harness.rules import RULES, Rules
from harness.wait import until
from permissions import CLUSTER, ENDPOINTS, FILES, FOLLOWER_ACTIONS, LEADER_ACTIONS, READ, WRITE

LEADS, FOLLOWS = "running_leads", "running_follows"
RESTRICTED = "Cross Cluster Replication is not supported when FLS or DLS or Fieldmasking is activated"
RESTRICTIONS = {"dls": {"dls": '{"term": {"n": 1}}'}, "fls": {"fls": ["~secret"]}, "masking": {"masked_fields": ["secret"]}}


@pytest.fixture(scope="module")
def roles(secure_pair):
    here, there = secure_pair.follower.users, secure_pair.leader.users
    here.role(FOLLOWS, index={"*": FOLLOWER_ACTIONS})
    there.role(LEADS, index={"*": LEADER_ACTIONS})
    here.grant(FOLLOWS, "operator")
    there.grant(LEADS, "operator")
    return {"leader_cluster_role": LEADS, "follower_cluster_role": FOLLOWS}


@pytest.fixture
def secure_index(secure_pair, name):
    yield name
    secure_pair.drop(name)


def without(actions, permission):
    return {"*": [action for action in actions if action != permission]}


def waits_for(pair, index, permission, side):
    """Until the status names the missing permission and its side; it goes on being a running replication."""
    def told():
        status = pair.status(index)
        assert status["status"] in ("SYNCING", "BOOTSTRAPPING"), status
        assert permission in status["reason"] and f"on the {side} cluster" in status["reason"], status
        return status
    return until(told, 60, f"status of {index} names {permission}")


def well(pair, index):
    until(lambda: pair.status(index)["reason"] == "User initiated", 60, f"{index} has no trouble")


@pytest.mark.parametrize("side,permission", [("leader", READ), ("follower", WRITE)], ids=["reading", "applying"])
def test_right_taken_and_given_again(secure_pair, roles, secure_index, side, permission):
    pair = secure_pair
    pair.leader.create_index(secure_index)
    pair.leader.put(secure_index, "0", {"n": 0})
    pair.follow(secure_index, use_roles=roles)
    users = getattr(pair, side).users
    role, actions = (LEADS, LEADER_ACTIONS) if side == "leader" else (FOLLOWS, FOLLOWER_ACTIONS)
    users.role(role, index=without(actions, permission))
    try:
        for number in range(1, 21):
            pair.leader.put(secure_index, str(number), {"n": number})
        waits_for(pair, secure_index, permission, side)
        pair.leader.put(secure_index, "last", {"n": 21})
    finally:
        users.role(role, index={"*": actions})
    assert pair.same(secure_index) == 22
    well(pair, secure_index)


def test_right_taken_before_the_copy(secure_pair, roles, secure_index):
    """The bootstrap waits where it stands; its lease stays, and nothing that is written meanwhile is lost."""
    pair = secure_pair
    pair.leader.create_index(secure_index, shards=2)
    for number in range(30):
        pair.leader.put(secure_index, str(number), {"n": number})
    pair.follower.settings(cluster__routing__allocation__enable="none")
    try:
        assert pair.start_replication(secure_index, use_roles=roles).status == 200
        pair.leader.users.role(LEADS, index=without(LEADER_ACTIONS, FILES))
    finally:
        pair.follower.settings(cluster__routing__allocation__enable=None)
    try:
        assert waits_for(pair, secure_index, FILES, "leader")["status"] == "BOOTSTRAPPING"
        pair.leader.put(secure_index, "meanwhile", {"n": 30})
    finally:
        pair.leader.users.role(LEADS, index={"*": LEADER_ACTIONS})
    pair.wait_status(secure_index, "SYNCING")
    assert pair.same(secure_index) == 31
    well(pair, secure_index)


@pytest.mark.parametrize("kind", RESTRICTIONS)
def test_restricted_roles_replicate_nothing(secure_pair, roles, secure_index, kind):
    """A batch of operations is not filtered by anybody, so whoever may see a part only may not have it."""
    pair = secure_pair
    pair.leader.create_index(secure_index, mappings={"properties": {"secret": {"type": "keyword"}}})
    pair.leader.put(secure_index, "1", {"n": 1, "secret": "s"})
    pair.leader.users.role(LEADS, index={"*": LEADER_ACTIONS}, **RESTRICTIONS[kind])
    try:
        refused = pair.start_replication(secure_index, use_roles=roles)
        assert refused.status == 403 and RESTRICTED in refused.error["reason"], refused
        assert pair.follower.request("HEAD", f"/{secure_index}").status == 404
    finally:
        pair.leader.users.role(LEADS, index={"*": LEADER_ACTIONS})
    pair.follow(secure_index, use_roles=roles)
    pair.leader.users.role(LEADS, index={"*": LEADER_ACTIONS}, **RESTRICTIONS[kind])  # while it runs
    try:
        def refused_now():
            pair.leader.put(secure_index, "2", {"n": 2, "secret": "t"})
            assert RESTRICTED in pair.status(secure_index)["reason"]
            return True
        until(refused_now, 60, "reading is refused")
    finally:
        pair.leader.users.role(LEADS, index={"*": LEADER_ACTIONS})
    assert pair.same(secure_index) == 2


@pytest.mark.parametrize("kind", RESTRICTIONS)
def test_restricted_users_get_no_endpoint(secure_pair, roles, secure_index, kind):
    """Every endpoint about an index refuses whoever sees only a part of it."""

    pair = secure_pair
    pair.leader.create_index(secure_index)
    pair.follow(secure_index, use_roles=roles)
    users = pair.follower.users
    client = users.user("carol")
    users.role("carol_role", index={secure_index: [e.permission for e in ENDPOINTS if e.permission.startswith("indices:")]},
               **RESTRICTIONS[kind])
    users.grant("carol_role", "carol")
    for endpoint in ENDPOINTS:
        if endpoint.permission.startswith("indices:") and endpoint.name not in permissions.OF_ALL_INDICES:
            answer = permissions.call(client, endpoint, secure_index)
            assert answer.status == 403 and RESTRICTED in answer.reasons(), (endpoint.name, answer)
    assert pair.status(secure_index)["status"] == "SYNCING"


def _stranger_urls(index):
    """Everything that could tell something about a follower index without being asked about another one."""
    return [f"{API}/{index}/_status", f"{API}/{index}/_status?verbose=true", f"{API}/{index}/_status?detailed=true",
            f"{API}/*/_status", f"{API}/_all/_status", f"{API}/_status", f"{API}/_status?pattern=*", "/_cat/replication",
            "/_cat/replication?v", "/_cat/replication/shards?v", f"{API}/_metrics", f"{API}/leader_stats",
            f"{API}/follower_stats", f"{API}/autofollow_stats", f"{API}/_bulk_status?pattern=*", RULES, f"{RULES}/somebodys",
            f"{API}/{index}/_verify", f"{API}/{index}/_failover", f"{API}/_failover"]


@pytest.fixture
def at_work(secure_pair):
    """Starts a rule and a bulk task that have both stumbled over an index; answers the task's id."""
    pair, users = secure_pair, secure_pair.follower.users
    rules = Rules(pair, "hidden")
    users.role("at_work", cluster=[CLUSTER + "*"])
    users.grant("at_work", "operator")

    def begin(index, follower):
        pair.follower.create_index(index)  # in the way of the rule's follower
        rules.made(name="somebodys")
        until(lambda: [one for one in rules.get("somebodys")["failures"] if one["leader_index"] == index], 60, "the rule has stumbled")
        task = pair.api.ok("POST", f"{API}/_bulk_pause", {"pattern": "hidden-*"})["task_id"]

        def over():
            progress = pair.api.ok("GET", f"{API}/_task_status/{task}")
            return progress if progress["num_pending"] == 0 else None
        assert index in json.dumps(until(over, 60, "the task is over")["failed_indices"])
        assert pair.resume(follower).status == 200
        return task
    yield begin
    rules.remove("somebodys")
    users.grant("at_work")


def test_strangers_learn_nothing(secure_pair, roles, at_work):
    """A user with every right on other indices, and on cluster-wide endpoints, finds no word of this one."""
    pair = secure_pair
    leader_index = "hidden-source"
    pair.leader.create_index(leader_index)
    pair.leader.put(leader_index, "1", {"n": 1})
    follower_index = "hidden-copy"
    try:
        pair.follow(leader_index, follower_index, use_roles=roles)
        task = at_work(leader_index, follower_index)
        users = pair.follower.users
        client = users.user("mallory")
        users.role("mallory_role", index={"public-*": ["*"]}, cluster=["cluster:monitor/plugins/replication/*",
                                                                       "cluster:admin/plugins/replication/*"])
        users.grant("mallory_role", "mallory")
        uuid = pair.follower.ok("GET", f"/{follower_index}/_settings?flat_settings")[follower_index]["settings"]["index.uuid"]
        for url in _stranger_urls(follower_index):
            text = client.request("GET", url).text
            asked = follower_index in url  # its own question is no news to it
            alias = () if url.startswith(RULES) else ("leader-one",)  # who may see rules sees which cluster they are about
            for secret in (leader_index, uuid, *alias) + (() if asked else (follower_index,)):
                assert secret not in text, (url, text[:600])
        told = client.ok("GET", f"{API}/_task_status/{task}")
        assert told["num_failed"] == 1 and told["failed_indices"] == [], told
        assert "failures" in client.ok("GET", f"{RULES}/somebodys")["rules"][0]
        for url in (f"{API}/{follower_index}/_verify", f"{API}/{follower_index}/_failover", f"{API}/_failover", f"{API}/_task_status/abc:1",
                    f"{API}/_task_cancel/abc:1"):
            answer = client.request("GET" if "_task_status" in url else "POST", url)
            assert answer.status in (400, 403, 404), (url, answer)
            for secret in (leader_index, uuid, "leader-one"):
                assert secret not in answer.text, (url, answer)
        for url in (f"{API}/_metrics", f"{API}/leader_stats"):  # of the cluster that has the source
            assert leader_index not in pair.leader.users.user("mallory").request("GET", url).text, url
        absent = client.request("GET", f"{API}/hidden-absent/_status")
        there = client.request("GET", f"{API}/{follower_index}/_status")
        assert absent.status == there.status == 403
        assert absent.text.replace("hidden-absent", "X") == there.text.replace(follower_index, "X")
        told = set()
        for asked in (leader_index, "hidden-absent"):
            query = f"?leader_alias=leader-one&leader_index={asked}"
            checks = client.ok("GET", f"{API}/public-x/_preflight{query}")["checks"]
            told.add(json.dumps([c for c in checks if c.get("name", c.get("check")) != "round_trip"]).replace(asked, "X"))
        assert len(told) == 1, told
        for verb in ("_bulk_stop", "_bulk_pause", "_bulk_resume"):
            answer = client.request("POST", f"{API}/{verb}", {"pattern": "hidden-*"})
            assert answer.status == 404 and follower_index not in answer.text, answer
        wanted = {"leader_alias": "leader-one", "pattern": "hidden-*", "use_roles": roles}
        answer = client.request("POST", f"{API}/_bulk_start", wanted)
        assert answer.status == 403 and leader_index not in answer.text, answer
        for verb, method, body in (("_stop", "POST", {}), ("_pause", "POST", {}), ("_resume", "POST", {}),
                                   ("_start", "PUT", {"leader_alias": "leader-one", "leader_index": leader_index})):
            answers = [client.request(method, f"{API}/{index}/{verb}", body) for index in (follower_index, "hidden-absent")]
            texts = {json.dumps(a.json).replace(follower_index, "X").replace("hidden-absent", "X") for a in answers}
            assert answers[0].status == 403 and len(texts) == 1, answers
        assert pair.status(follower_index)["status"] == "SYNCING"
    finally:
        pair.drop(leader_index, follower_index)
        pair.follower.delete_index(leader_index)


def test_each_follower_has_its_own_identity(secure_pair, roles, secure_index):
    """Two replications of one leader index by different roles: what one loses, the other keeps."""
    pair = secure_pair
    pair.leader.create_index(secure_index)
    pair.leader.put(secure_index, "1", {"n": 1})
    second = secure_index + "-second"
    shipped = {"leader_cluster_role": LEADER_ROLE, "follower_cluster_role": FOLLOWER_ROLE}
    try:
        pair.follow(secure_index, use_roles=roles)
        pair.follow(secure_index, second, use_roles=shipped)
        pair.leader.users.role(LEADS, index={"nothing": LEADER_ACTIONS})
        try:
            pair.leader.put(secure_index, "2", {"n": 2})
            pair.leader.put(secure_index, "3", {"n": 3})
            assert pair.same(secure_index, second) == 3
            waits_for(pair, secure_index, READ, "leader")
        finally:
            pair.leader.users.role(LEADS, index={"*": LEADER_ACTIONS})
        assert pair.same(secure_index) == 3
    finally:
        pair.stop_replication(second)
        pair.follower.delete_index(second)
