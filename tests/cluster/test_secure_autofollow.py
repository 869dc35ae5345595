"""Auto-follow with the real Security plugin: in whose name leaders are asked and followers are started."""
import pytest

from harness.guard import FOLLOWER_ROLE
from harness.pair import ALIAS, API
from harness.rules import RULES, Rules
from harness.wait import until
from permissions import CLUSTER, FOLLOWER_ACTIONS, LEADER_ACTIONS, READ

NARROW = {"leader_cluster_role": "narrow_leads", "follower_cluster_role": "narrow_follows"}


@pytest.fixture
def rules(secure_pair, name):
    made = Rules(secure_pair, name[:60])
    yield made
    made.clear()


@pytest.fixture
def narrow(secure_pair, rules):
    """Roles on the indices of this test alone, and a user who has them and may make rules."""
    here, there = secure_pair.follower.users, secure_pair.leader.users
    here.role(NARROW["follower_cluster_role"], index={f"{rules.prefix}-*": FOLLOWER_ACTIONS})
    there.role(NARROW["leader_cluster_role"], index={f"{rules.prefix}-*": LEADER_ACTIONS})
    here.role("rule_maker", cluster=[CLUSTER + "autofollow/*"])
    client = here.user("rita")
    for role in ("rule_maker", NARROW["follower_cluster_role"]):
        here.grant(role, "rita")
    there.grant(NARROW["leader_cluster_role"], "rita")
    return client


def test_stock_roles_suffice(secure_pair, rules):
    pair = secure_pair
    pair.leader.create_index(f"{rules.prefix}-old")
    rules.made()
    rules.followed(f"{rules.prefix}-old")
    rules.looked()
    pair.leader.put(f"{rules.prefix}-marker", "1", {"n": 1})
    assert pair.same(f"{rules.prefix}-marker") == 1


def test_narrow_roles(secure_pair, rules, narrow):
    """A rule works with what its roles may, and a permission that is taken away later is told and missed only for so long."""
    pair = secure_pair
    there = pair.leader.users
    body = {"leader_alias": "leader-one", "name": rules.prefix, "pattern": f"{rules.prefix}-*", "use_roles": NARROW}
    wide = narrow.request("POST", RULES, {**body, "pattern": "*"})
    assert wide.status == 403 and "no permissions" in wide.reasons(), wide
    nobody = narrow.request("POST", RULES, {**body, "use_roles": {**NARROW, "follower_cluster_role": FOLLOWER_ROLE}})
    assert nobody.status == 403, nobody
    bare = narrow.request("POST", RULES, {key: value for key, value in body.items() if key != "use_roles"})
    assert bare.status == 403 and "roles are mandatory" in bare.reasons(), bare
    assert not [one for one in pair.follower.ok("GET", RULES)["rules"] if one["name"] == rules.prefix]
    assert narrow.request("POST", RULES, body).json == {"acknowledged": True}
    rules.looked()
    dry = narrow.ok("GET", f"{RULES}/{rules.prefix}/_dry_run")
    assert [one["leader_index"] for one in dry["already_followed"]] == [f"{rules.prefix}-marker"], dry
    there.role(NARROW["leader_cluster_role"],
               index={f"{rules.prefix}-*": [action for action in LEADER_ACTIONS if action != READ]})
    pair.leader.create_index(f"{rules.prefix}-late")
    failure = until(lambda: rules.failure(f"{rules.prefix}-late"), 60, "the refusal is told")
    assert READ in failure["reason"] and failure["attempts"] >= 1, failure
    there.role("everything", cluster=["*"], index={"*": ["*"]})
    there.grant("everything", "rita")  # the name is for the audit log; what it is mapped to helps nobody
    tries = failure["attempts"]
    again = until(lambda: next((f for f in [rules.failure(f"{rules.prefix}-late")] if f and f["attempts"] > tries), None), 90, "it is tried again")
    assert READ in again["reason"] and "on the leader cluster [" in again["reason"], again
    there.drop_role("everything")
    there.role(NARROW["leader_cluster_role"], index={f"{rules.prefix}-*": LEADER_ACTIONS})
    rules.followed(f"{rules.prefix}-late")


def test_a_rule_of_somebody_else(secure_pair, rules, narrow):
    """Whoever may only change rules sees no index behind them, may hold them up, and sets none going that needs more."""
    pair, p = secure_pair, rules.prefix
    here = pair.follower.users
    body = {"leader_alias": ALIAS, "name": p, "pattern": f"{p}-*", "use_roles": NARROW}
    stopped, taken = f"{p}-stopped", f"{p}-taken"
    for index in (stopped, taken):
        pair.leader.create_index(index)
    pair.follower.create_index(taken)
    assert narrow.request("POST", RULES, body).json == {"acknowledged": True}
    rules.followed(stopped)
    assert pair.stop_replication(stopped).status == 200
    until(lambda: rules.failure(taken) and rules.get()["tombstones"], 60, "a failure and a tombstone")
    here.role("only_rules", cluster=[CLUSTER + "autofollow/*"], index={"*": ["indices:admin/plugins/replication/autofollow/stats"]})
    stranger = here.user("sam")
    here.grant("only_rules", "sam")
    shown = stranger.request("GET", f"{RULES}/{p}")
    rule = shown.json["rules"][0]
    assert rule["patterns"] == [f"{p}-*"] and rule["failures"] == rule["tombstones"] == [], rule
    assert rule["num_failed_start_replication"] == 0
    stats = stranger.request("GET", API + "/autofollow_stats")
    assert stats.status == 200 and p in stats.text, stats
    for index in (stopped, taken):
        assert index not in shown.text and index not in stats.text
    assert stranger.request("POST", f"{RULES}/{p}/_pause").json == {"acknowledged": True}
    for verb, method in (("_resume", "POST"), (f"_tombstones/{stopped}", "DELETE"), ("_tombstones", "DELETE")):
        refused = stranger.request(method, f"{RULES}/{p}/{verb}")
        assert refused.status == 403 and "no permissions" in refused.reasons(), (verb, refused)
    rule = rules.get()
    assert rule["state"] == "PAUSED" and [one["follower_index"] for one in rule["tombstones"]] == [stopped], rule
    assert narrow.request("DELETE", f"{RULES}/{p}/_tombstones/{stopped}").json == {"acknowledged": True}
    assert narrow.request("POST", f"{RULES}/{p}/_resume").json == {"acknowledged": True}
    assert rules.get()["state"] == "RUNNING" and rules.get()["tombstones"] == []
    assert stranger.request("DELETE", RULES, {"leader_alias": ALIAS, "name": p}).json == {"acknowledged": True}
