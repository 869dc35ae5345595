"""Each permission granted and missing, on both clusters, with the real Security plugin."""
import pytest

import permissions
from harness.guard import FOLLOWER_ROLE, LEADER_ROLE
from harness.pair import API
from harness.rules import RULES
from harness.wire import Out, Peer
from permissions import CLUSTER, ENDPOINTS, FILES, FOLLOWER_ACTIONS, INDEX, LEADER_ACTIONS, READ, SETUP, WRITE

CALLER, LEADS, FOLLOWS = "caller_role", "leads_role", "follows_role"
ROLES = {"leader_cluster_role": LEADS, "follower_cluster_role": FOLLOWS}


@pytest.fixture(scope="module")
def caller(secure_pair):
    """A user of the follower, whose roles are as small as they can be; the leader knows the name only."""
    here, there = secure_pair.follower.users, secure_pair.leader.users
    http = here.user("alice")
    here.role(CALLER, index={"*": [INDEX + "start", SETUP]})
    here.role(FOLLOWS, index={"*": FOLLOWER_ACTIONS})
    there.role(LEADS, index={"*": LEADER_ACTIONS})
    here.grant(CALLER, "alice")
    here.grant(FOLLOWS, "alice")
    there.grant(LEADS, "alice")
    return http


@pytest.fixture
def secure_index(secure_pair, name):
    yield name
    secure_pair.drop(name)


def missing(answer):
    """The list of a refusal, which OpenSearch writes as a bare string when it has one element."""
    found = answer.error["ccr.missing_permissions"]
    return {found} if isinstance(found, str) else set(found)


def start(pair, client, index, **more):
    body = {"leader_alias": "leader-one", "leader_index": index, "use_roles": ROLES, **more}
    return client.request("PUT", pair.url(index, "_start"), body)


def test_shipped_roles_suffice(secure_pair, secure_index):
    pair = secure_pair
    pair.leader.create_index(secure_index, shards=2)
    for number in range(50):
        pair.leader.put(secure_index, f"before-{number}", {"n": number})
    pair.follow(secure_index)
    pair.leader.put(secure_index, "live", {"a new": {"field": True}})
    assert pair.same(secure_index) == 51
    assert pair.pause(secure_index).status == 200
    pair.leader.put(secure_index, "while paused", {"n": 1})
    pair.wait_status(secure_index, "PAUSED")
    assert pair.resume(secure_index).status == 200
    assert pair.same(secure_index) == 52
    assert pair.stop_replication(secure_index).json == {"acknowledged": True}


def test_minimal_roles_suffice(secure_pair, caller, secure_index):
    pair = secure_pair
    pair.leader.create_index(secure_index)
    pair.leader.put(secure_index, "1", {"n": 1})
    assert start(pair, caller, secure_index).json == {"acknowledged": True}
    pair.wait_status(secure_index, "SYNCING")
    pair.leader.put(secure_index, "2", {"n": 2})
    assert pair.same(secure_index) == 2


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_endpoint_needs_its_permission(secure_pair, endpoint):
    users = secure_pair.follower.users
    others = sorted({other.permission for other in ENDPOINTS} - {endpoint.permission})
    client = users.user("bob")
    as_cluster = [p for p in others if p.startswith("cluster:")]
    as_index = [p for p in others if p.startswith("indices:")]
    users.role("bob_role", cluster=as_cluster, index={"*": as_index})
    users.grant("bob_role", "bob")
    refused = permissions.call(client, endpoint, "none-such")
    assert refused.status == 403 and refused.error["type"] == "security_exception", refused
    assert endpoint.permission in refused.reasons() and "on the follower cluster: " in refused.error["reason"], refused
    assert missing(refused) == {f"follower cluster: {endpoint.permission}"}, refused

    own = [endpoint.permission]
    of_all = endpoint.name in permissions.OF_ALL_INDICES
    users.role("bob_role", cluster=own if own[0].startswith("cluster:") else [],
               index={"*" if of_all else "none-such": own} if own[0].startswith("indices:") else {})
    granted = permissions.call(client, endpoint, "none-such")
    assert granted.status != 403 or endpoint.permission not in granted.reasons(), granted
    if own[0].startswith("indices:") and not of_all:
        elsewhere = permissions.call(client, endpoint, "somewhere-else")
        assert elsewhere.status == 403 and endpoint.permission in elsewhere.reasons(), elsewhere


TWO_SIDED = {
    "_start": lambda name: ("PUT", f"{API}/{name}/_start", {"leader_index": name}),
    "_bulk_start": lambda name: ("POST", f"{API}/_bulk_start", {"pattern": f"{name}-nothing-yet-*"}),
    "_autofollow": lambda name: ("POST", RULES, {"name": name, "patterns": [f"{name}-nothing-yet-*", f"{name}-nor-this"]}),
    "_autofollow/_dry_run": lambda name: ("POST", RULES + "/_dry_run", {"name": name, "pattern": f"{name}-nothing-yet-*"}),
}


@pytest.mark.parametrize("endpoint", TWO_SIDED)
def test_whoever_asks_both_sides_is_told_all_of_both(secure_pair, caller, name, endpoint):
    """Also for a pattern that matches nothing yet: not one right may be missing, and each is named with its side."""
    here, there = secure_pair.follower.users, secure_pair.leader.users
    method, url, body = TWO_SIDED[endpoint](name)
    body = {"leader_alias": "leader-one", "use_roles": ROLES, **body}
    here.role(CALLER, index={"*": [INDEX + "start", SETUP]}, cluster=[CLUSTER + "*"])
    leader, follower = "leader cluster [leader-one]: ", f"follower cluster [{secure_pair.follower.name}]: "
    wanted = {leader + p for p in LEADER_ACTIONS} | {follower + p for p in FOLLOWER_ACTIONS}
    cases = [("nothing at all", {}, {}, wanted)]
    cases += [(p, {"*": [a for a in LEADER_ACTIONS if a != p]}, {"*": FOLLOWER_ACTIONS}, {leader + p}) for p in LEADER_ACTIONS]
    cases += [(p, {"*": LEADER_ACTIONS}, {"*": [a for a in FOLLOWER_ACTIONS if a != p]}, {follower + p}) for p in FOLLOWER_ACTIONS]
    cases.append(("elsewhere", {"other-*": LEADER_ACTIONS}, {"other-*": FOLLOWER_ACTIONS}, wanted))
    try:
        for what, leads, follows, lacking in cases:
            there.role(LEADS, index=leads)
            here.role(FOLLOWS, index=follows)
            answer = caller.request(method, url, body)
            assert answer.status == 403, (what, answer)
            assert missing(answer) == lacking, (what, answer)
    finally:
        there.role(LEADS, index={"*": LEADER_ACTIONS})
        here.role(FOLLOWS, index={"*": FOLLOWER_ACTIONS})
        here.role(CALLER, index={"*": [INDEX + "start", SETUP]})


@pytest.mark.parametrize("verb", ["_resume", "_verify"])
def test_a_refusal_of_the_leader_is_called_one(secure_pair, caller, secure_index, verb):
    """What a replication's own role lacks on the leader is told by the request that meets it, with the side."""
    pair = secure_pair
    pair.leader.create_index(secure_index)
    pair.leader.put(secure_index, "1", {"n": 1})
    assert start(pair, caller, secure_index).status == 200
    pair.wait_status(secure_index, "SYNCING")
    if verb == "_resume":
        assert pair.pause(secure_index).status == 200
    pair.leader.users.role(LEADS, index={"*": [SETUP, READ]})
    pair.follower.users.role(CALLER, index={"*": [INDEX + verb[1:]]})
    try:
        answer = caller.request("POST", pair.url(secure_index, verb), {} if verb == "_resume" else None)
        assert "on the leader cluster [leader-one]: " in answer.text and FILES in answer.text, answer
        assert answer.status == 403 or verb == "_verify", answer
    finally:
        pair.leader.users.role(LEADS, index={"*": LEADER_ACTIONS})
        pair.follower.users.role(CALLER, index={"*": [INDEX + "start", SETUP]})


def test_start_tells_everything_that_is_missing(secure_pair, caller, secure_index):
    """Both sides, both roles, in one answer, and nothing was made."""
    pair = secure_pair
    pair.leader.create_index(secure_index)
    here, there = pair.follower.users, pair.leader.users
    here.role(FOLLOWS, index={"other-*": FOLLOWER_ACTIONS})
    there.role(LEADS, index={"other-*": LEADER_ACTIONS, "*": [SETUP]})
    try:
        answer = start(pair, caller, secure_index)
    finally:
        here.role(FOLLOWS, index={"*": FOLLOWER_ACTIONS})
        there.role(LEADS, index={"*": LEADER_ACTIONS})
    assert answer.status == 403, answer
    text = answer.error["reason"]
    leader = "on the leader cluster [leader-one]: no permissions for "
    follower = f"on the follower cluster [{pair.follower.name}]: no permissions for "
    for expected in (leader + f"[{READ}] and associated roles [{LEADS}]", leader + f"[{FILES}] and associated roles [{LEADS}]",
                     follower + f"[{SETUP}] and associated roles [{FOLLOWS}]",
                     follower + f"[{WRITE}] and associated roles [{FOLLOWS}]"):
        assert expected in text, (expected, text)
    assert missing(answer) == {f"leader cluster [leader-one]: {READ}", f"leader cluster [leader-one]: {FILES}",
                               f"follower cluster [{pair.follower.name}]: {SETUP}",
                               f"follower cluster [{pair.follower.name}]: {WRITE}"}, answer
    assert pair.follower.request("HEAD", f"/{secure_index}").status == 404
    assert pair.status(secure_index) == {"status": "REPLICATION NOT IN PROGRESS"}


def test_verify(secure_pair, caller, secure_index):
    """Who may verify one index needs no more than that; the leader is read in the role that the replication has."""
    pair = secure_pair
    here, there = pair.follower.users, pair.leader.users
    permission = INDEX + "verify"
    pair.leader.create_index(secure_index, shards=2)
    for number in range(20):
        pair.leader.put(secure_index, str(number), {"n": number})
    assert start(pair, caller, secure_index).status == 200
    pair.wait_status(secure_index, "SYNCING")
    pair.caught_up(secure_index)
    vera = here.user("vera")
    here.role("verifier", index={"*": [INDEX + "status_check"]})
    here.grant("verifier", "vera")
    url = pair.url(secure_index, "_verify")
    answer = vera.request("POST", url)
    assert answer.status == 403 and answer.error["type"] == "security_exception" and f"[{permission}]" in answer.reasons(), answer
    here.role("verifier", index={secure_index: [permission]})
    answer = vera.ok("POST", url)
    assert answer["result"] == "equal" and answer["complete"] and answer["documents"] == 20, answer
    there.role(LEADS, index={"*": [SETUP, READ]})
    try:
        answer = vera.request("POST", url)
    finally:
        there.role(LEADS, index={"*": LEADER_ACTIONS})
    assert answer.status == 403 and answer.error["type"] == "security_exception", answer
    assert f"on the leader cluster [leader-one]: no permissions for [{FILES}]" in answer.reasons() and LEADS in answer.reasons(), answer
    assert vera.ok("POST", url)["result"] == "equal"


@pytest.mark.parametrize("side,permission", [("leader", p) for p in LEADER_ACTIONS] + [("follower", p) for p in FOLLOWER_ACTIONS],
                         ids=lambda value: value.split("/")[-2] if "/" in value else value)
def test_role_needs_each_permission(secure_pair, caller, side, permission):
    cluster = getattr(secure_pair, side)
    role, actions = (LEADS, LEADER_ACTIONS) if side == "leader" else (FOLLOWS, FOLLOWER_ACTIONS)
    cluster.users.role(role, index={"*": [action for action in actions if action != permission]})
    try:
        answer = start(secure_pair, caller, "absent")
    finally:
        cluster.users.role(role, index={"*": actions})
    assert answer.status == 403 and permission in answer.error["reason"], answer
    assert f"on the {side} cluster [" in answer.error["reason"], answer
    assert {entry.split("]: ")[1] for entry in missing(answer)} == {permission}, answer


@pytest.mark.parametrize("side", ["leader", "follower"])
def test_role_must_be_the_callers(secure_pair, caller, side):
    """A role that would be allowed to, and that the caller does not have."""
    cluster = getattr(secure_pair, side)
    role = LEADS if side == "leader" else FOLLOWS
    cluster.users.grant(role, "somebody else")
    try:
        answer = start(secure_pair, caller, "absent")
    finally:
        cluster.users.grant(role, "alice")
    assert answer.status == 403, answer
    assert f"on the {side} cluster [" in answer.error["reason"] and role in answer.error["reason"], answer


def test_caller_needs_the_right_to_begin_on_the_leader(secure_pair, caller):
    """Roles are named that nobody gave the caller; nothing of the leader index is told."""
    secure_pair.follower.users.user("eve")
    secure_pair.follower.users.grant(CALLER, "alice", "eve")
    answer = start(secure_pair, secure_pair.follower.users.http("eve"), "absent")
    secure_pair.follower.users.grant(CALLER, "alice")
    assert answer.status == 403, answer
    assert "on the leader cluster [leader-one]" in answer.error["reason"], answer
    assert "on the follower cluster [" in answer.error["reason"], answer


WITHOUT_ROLES = {**TWO_SIDED, "_preflight": lambda name: ("GET", f"{API}/{name}/_preflight?leader_alias=leader-one&leader_index={name}", None),
                 "_start?dry_run": lambda name: ("PUT", f"{API}/{name}/_start?dry_run=true", {"leader_index": name})}


@pytest.mark.parametrize("endpoint", WITHOUT_ROLES)
def test_roles_are_mandatory(secure_pair, caller, endpoint):
    """Where there is a Security plugin, nobody replicates without saying in which roles: nothing else is looked at."""
    here = secure_pair.follower.users
    here.role(CALLER, index={"*": [INDEX + "start", INDEX + "preflight", SETUP]}, cluster=[CLUSTER + "*"])
    method, url, body = WITHOUT_ROLES[endpoint]("absent")
    try:
        answer = caller.request(method, url, body and {"leader_alias": "leader-one", **body})
    finally:
        here.role(CALLER, index={"*": [INDEX + "start", SETUP]})
    text = "Follower roles are mandatory for replication"
    if method == "GET" or "dry_run=" in url:
        failed = [check["message"] for check in answer.json["checks"] if check["verdict"] == "failed"]
        assert answer.json["verdict"] == "failed" and text in failed, answer
    else:
        assert answer.status == 403 and answer.error["reason"] == text, answer
        assert missing(answer) == {"follower cluster: use_roles"}, answer


@pytest.mark.parametrize("endpoint", TWO_SIDED)
def test_roles_that_are_not_there(secure_pair, caller, endpoint):
    """A name that is no role on a side may do nothing there, and each side is told."""
    here = secure_pair.follower.users
    here.role(CALLER, index={"*": [INDEX + "start", SETUP]}, cluster=[CLUSTER + "*"])
    method, url, body = TWO_SIDED[endpoint]("absent")
    try:
        for leads, follows, side in (("no-such-role", FOLLOWS, "leader cluster [leader-one]: "),
                                     (LEADS, "no-such-role", f"follower cluster [{secure_pair.follower.name}]: ")):
            roles = {"leader_cluster_role": leads, "follower_cluster_role": follows}
            answer = caller.request(method, url, {"leader_alias": "leader-one", "use_roles": roles, **body})
            assert answer.status == 403 and "no-such-role" in answer.error["reason"], answer
            needed = LEADER_ACTIONS if side.startswith("leader") else FOLLOWER_ACTIONS
            assert missing(answer) == {side + permission for permission in needed}, answer
    finally:
        here.role(CALLER, index={"*": [INDEX + "start", SETUP]})


@pytest.mark.parametrize("leads,follows", [("", FOLLOWER_ROLE), (LEADER_ROLE, ""), (" ", FOLLOWER_ROLE), (LEADER_ROLE, "a,b"),
                                           ("a|b", FOLLOWER_ROLE), ("a\nb", FOLLOWER_ROLE)])
def test_names_that_are_no_role_are_refused(secure_pair, caller, leads, follows):
    """Injected, an empty name would run without any restriction."""
    roles = {"leader_cluster_role": leads, "follower_cluster_role": follows}
    answer = start(secure_pair, caller, "absent", use_roles=roles)
    assert answer.status == 400 and answer.error["type"] == "action_request_validation_exception", answer


@pytest.mark.parametrize("roles", [{}, {"leader_cluster_role": LEADER_ROLE}, [], "all_access", {"leader_cluster_role": ["a"]}])
def test_half_an_identity_is_refused(secure_pair, caller, roles):
    assert start(secure_pair, caller, "absent", use_roles=roles).status == 400


@pytest.mark.parametrize("secured", ["leader", "follower"])
def test_security_on_one_side_only(request, secure_pair, secured):
    """The other side speaks no TLS: no replication begins, and the answer says why."""
    plain = request.getfixturevalue("pair")
    leader = secure_pair.leader if secured == "leader" else plain.leader
    follower = plain.follower if secured == "leader" else secure_pair.follower
    caller = plain.api if secured == "leader" else secure_pair.api
    prefix = "cluster.remote.half."
    follower.ok("PUT", "/_cluster/settings", {"persistent": {prefix + "mode": "proxy", prefix + "skip_unavailable": True,
                                                             prefix + "proxy_address": f"127.0.0.1:{leader.nodes[0].transport_port}"}})
    try:
        roles = {"leader_cluster_role": LEADER_ROLE, "follower_cluster_role": FOLLOWER_ROLE}
        words = "without it" if secured == "leader" else "with it"
        if secured == "follower":
            follower.users.role("one_sided", cluster=[CLUSTER + "*"])
            follower.users.grant("one_sided", "operator")
        for endpoint, of in TWO_SIDED.items():
            method, url, body = of("one-sided")
            answer = caller.request(method, url, {"leader_alias": "half", "use_roles": roles, **body})
            assert answer.status >= 400, (endpoint, answer)
            assert f"The Security plugin must run on both clusters or on neither of them; this one runs {words}" in answer.reasons(), (endpoint, answer)
        assert follower.request("HEAD", "/one-sided").status == 404
        assert not [rule for rule in follower.ok("GET", RULES)["rules"] if rule["leader_alias"] == "half"]
    finally:
        if secured == "follower":
            follower.users.grant("one_sided")
        follower.ok("PUT", "/_cluster/settings", {"persistent": {prefix + "mode": None, prefix + "skip_unavailable": None,
                                                                 prefix + "proxy_address": None}})


def test_administrators_certificate(secure_pair, secure_index):
    """Above all roles where it is known, and nobody elsewhere: the leader knows its own administrator only."""
    pair = secure_pair
    pair.leader.create_index(secure_index)
    body = {"leader_alias": "leader-one", "leader_index": secure_index}
    url = pair.url(secure_index, "_start")
    assert pair.follower.request("PUT", url, body).error["reason"] == "Follower roles are mandatory for replication"
    body["use_roles"] = {"leader_cluster_role": LEADER_ROLE, "follower_cluster_role": FOLLOWER_ROLE}
    answer = pair.follower.request("PUT", url, body)
    assert answer.status == 403 and "on the leader cluster [leader-one]" in answer.error["reason"], answer
    assert "on the follower cluster" not in answer.error["reason"], answer
    pair.leader.users.grant(LEADER_ROLE, "operator", "CN=admin,OU=follower,O=ccr")
    try:
        assert pair.follower.request("PUT", url, body).json == {"acknowledged": True}
    finally:
        pair.leader.users.grant(LEADER_ROLE, "operator")
    pair.wait_status(secure_index, "SYNCING")


def test_stopping_by_index_state_management(secure_pair, secure_index):
    """Its action has a permission of its own on the follower, which the other one to stop is no substitute for."""
    pair = secure_pair
    pair.leader.create_index(secure_index)
    pair.follow(secure_index)
    action = "indices:internal/plugins/replication/index/stop"
    users, authority = pair.follower.users, pair.follower.users.guard.authority
    tls = authority.context(authority.issue("scripted", "follower"))
    body = Out().vint(0).raw(Out().vint(60).byte(3).data * 2).text(secure_index).data  # no parent, both timeouts
    for granted, on in ((INDEX + "stop", secure_index), (action, "another"), (action, secure_index)):
        users.role("manager", index={on: [granted]})
        headers = {"opendistro_security_injected_roles_header": "manages|manager"}
        with Peer(pair.follower.nodes[0].transport_port, tls, headers) as peer:
            error, answer = peer.call(action, body)
        if (granted, on) == (action, secure_index):
            assert not error, answer[:300]
            assert pair.status(secure_index)["status"] == "REPLICATION NOT IN PROGRESS"
        else:
            assert error and b"no permissions for [" + action.encode() in answer, answer[:300]
            assert pair.status(secure_index)["status"] == "SYNCING"
