"""Two secured nodes on each side: hops inside a cluster, certificates that change, a trust that is withdrawn, the audit trail."""
import json
import socket

import pytest

from harness.guard import API, FOLLOWER_ROLE, LEADER_ROLE
from harness.pair import API as REPLICATION
from harness.rules import RULES
from harness.wait import until
from permissions import CLUSTER, FILES, INDEX, READ, WRITE

PAIR = dict(secure=True, leader_nodes=2, follower_nodes=2, heap="512m")


@pytest.fixture(scope="module")
def followed(own_pair):
    """Two shards with a replica each: whichever node is asked, half of it lies on the other."""
    index = "hops"
    own_pair.leader.create_index(index, shards=2, replicas=1)
    own_pair.leader.health(index)
    for number in range(40):
        own_pair.leader.put(index, str(number), {"n": number})
    own_pair.follow(index)
    own_pair.follower.health(index)
    return index


def goes_on(pair, index):
    """What is written now arrives, on every copy."""
    before = pair.leader.ok("GET", f"/{index}/_count")["count"]
    pair.leader.put(index, f"more-{before}", {"n": before})
    pair.leader.refresh(index)
    assert pair.same(index) >= before
    assert until(lambda: pair.status(index)["reason"] == "User initiated", 90, "no trouble is left")


def test_hops_between_nodes(own_pair, followed):
    """Through a gateway that has not every shard, and asked at a node that has not the task."""
    goes_on(own_pair, followed)
    own_pair.link.retarget(own_pair.leader.nodes[1])
    own_pair.link.cut()
    own_pair.link.resume()
    goes_on(own_pair, followed)
    operator = own_pair.follower.users.http("operator", node=1)
    assert operator.ok("GET", own_pair.url(followed, "_status"))["status"] == "SYNCING"
    assert operator.request("POST", own_pair.url(followed, "_pause"), {}).status == 200
    assert own_pair.follower.users.http("operator", node=0).request("POST", own_pair.url(followed, "_resume"), {}).status == 200
    goes_on(own_pair, followed)


def test_certificates_are_rotated(own_pair, followed):
    """New keys on every node of both sides, taken by the nodes while they run; the connection is made anew with them."""
    for cluster in (own_pair.leader, own_pair.follower):
        guard = cluster.users.guard
        for node in cluster.nodes:
            before = served(guard, node)
            assert served(guard, node) == before
            guard.renew(node, guard.authority)
            answer = node.http.request("PUT", f"{API}/ssl/transport/reloadcerts")
            assert answer.status == 200, answer
            until(lambda guard=guard, node=node, before=before: served(guard, node) != before, 30, f"{node.name} serves its new certificate")
    own_pair.link.cut()
    own_pair.link.resume()
    goes_on(own_pair, followed)


def served(guard, node):
    """Serial number of the certificate that a new connection to a node's transport port is shown."""
    context = guard.authority.context(guard.authority.issue("looks", guard.unit))
    with socket.create_connection(("127.0.0.1", node.transport_port), timeout=30) as plain, \
            context.wrap_socket(plain, server_hostname="127.0.0.1") as shown:
        return shown.getpeercert()["serialNumber"]


def test_trust_is_withdrawn_and_given_again(own_pair, followed):
    """The follower's nodes are struck off the leader's nodes_dn: replication stops with that reason, and goes on afterwards."""
    pair = own_pair
    pair.trust(False)
    pair.leader.put(followed, "while distrusted", {"n": 1})
    try:
        def told():
            pair.leader.put(followed, "while distrusted", {"n": 2})
            reason = pair.status(followed)["reason"]
            assert "OU=follower" in reason, reason
            return True
        until(told, 90, "the status names the certificate that is not trusted")
    finally:
        pair.trust(True)
    goes_on(pair, followed)


def audit(cluster):
    """The audit events in the logs of a cluster's nodes."""
    found = []
    for node in cluster.nodes:
        for line in node.log_text().splitlines():
            start = line.find('{"audit_')
            if start >= 0:
                try:
                    found.append(json.loads(line[start:]))
                except ValueError:
                    pass
    return found


def test_audit_names_who_acted(own_pair, name):
    """With granted privileges audited: the user who stops, fails over and deletes, and in whose name the leader was read."""
    pair = own_pair
    for cluster in (pair.leader, pair.follower):
        settings = {"enabled": True, "audit": {"enable_rest": True, "disabled_rest_categories": [], "enable_transport": True,
                                               "disabled_transport_categories": [], "resolve_bulk_requests": False,
                                               "log_request_body": False, "resolve_indices": True,
                                               "exclude_sensitive_headers": True, "ignore_users": [], "ignore_requests": []},
                    "compliance": {"enabled": False}}
        cluster.ok("PUT", f"{API}/audit/config", settings)
    maker, starter = pair.follower.users.user("rita"), pair.follower.users.user("bert")
    for cluster, roles in ((pair.leader, [LEADER_ROLE]), (pair.follower, [FOLLOWER_ROLE, "rule_maker"])):
        if cluster is pair.follower:
            cluster.users.role("rule_maker", cluster=[CLUSTER + "*"])
        for role in roles:
            cluster.users.grant(role, "operator", "rita", "bert")
    pair.leader.create_index(name)
    pair.leader.put(name, "1", {"n": 1})
    try:
        by_rule(pair, maker, name, "of-a-rule")
        by_bulk(pair, starter, name)
        pair.follow(name)
        pair.leader.put(name, "2", {"n": 2})
        assert pair.same(name) == 2
        assert pair.stop_replication(name).status == 200
        fails_over_and_deletes(pair, name)
    finally:
        pair.drop(name)

    def who(cluster, action):
        return {event.get("audit_request_effective_user") for event in audit(cluster)
                if event.get("audit_request_privilege") == action or event.get("audit_transport_request_type") == action}
    for verb in ("stop", "failover"):
        action = INDEX + verb
        until(lambda action=action: who(pair.follower, action) == {"operator"}, 60, f"{action} is audited with its user")
    until(lambda: "operator" in who(pair.follower, "indices:admin/delete"), 60, "the deletion is audited with its user")
    for cluster, action in ((pair.leader, READ), (pair.leader, FILES), (pair.follower, WRITE)):
        until(lambda cluster=cluster, action=action: who(cluster, action) == {"operator", "rita", "bert"}, 60,
              f"{action} is audited with the user in whose name it is done")
    assert not [event for event in audit(pair.leader) + audit(pair.follower)
                if event.get("audit_request_effective_user") == "ccr_user"]


def fails_over_and_deletes(pair, name):
    """Two more followers of the same leader index, ended in the other two ways."""
    over, gone = f"{name}-over", f"{name}-gone"
    pair.follower.users.role("ender", index={gone: ["indices:admin/delete"], over: [INDEX + "failover"]})
    pair.follower.users.grant("ender", "operator")
    try:
        pair.follow(name, over)
        pair.api.ok("POST", pair.url(over, "_failover"))
        pair.follow(name, gone)
        assert pair.api.request("DELETE", "/" + gone).json == {"acknowledged": True}
    finally:
        for index in (over, gone):
            pair.stop_replication(index)
            pair.follower.delete_index(index)


def by_rule(pair, maker, name, part):
    """Followed because of a rule, for which nobody waits."""
    index = f"{name}-{part}"
    roles = {"leader_cluster_role": LEADER_ROLE, "follower_cluster_role": FOLLOWER_ROLE}
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    body = {"leader_alias": "leader-one", "name": name, "pattern": f"{name}-of-a-*", "use_roles": roles}
    assert maker.request("POST", RULES, body).json == {"acknowledged": True}
    try:
        shown = [rule for rule in maker.ok("GET", RULES)["rules"] if rule["name"] == name]
        assert shown and shown[0]["user"] == "rita", shown
        pair.wait_status(index, "SYNCING")
        pair.leader.put(index, "2", {"n": 2})
        assert pair.same(index) == 2
    finally:
        maker.request("DELETE", RULES, {"leader_alias": "leader-one", "name": name})
        pair.drop(index)


def by_bulk(pair, starter, name):
    """Started by a bulk request."""
    index = f"{name}-of-bulk"
    roles = {"leader_cluster_role": LEADER_ROLE, "follower_cluster_role": FOLLOWER_ROLE}
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    try:
        body = {"leader_alias": "leader-one", "pattern": f"{name}-of-bulk*", "use_roles": roles}
        assert starter.request("POST", REPLICATION + "/_bulk_start", body).status == 200
        pair.wait_status(index, "SYNCING")
        pair.leader.put(index, "2", {"n": 2})
        assert pair.same(index) == 2
    finally:
        pair.drop(index)
