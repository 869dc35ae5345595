"""Nonsense over REST, at every endpoint: no 500, no stack trace, nothing made; without rights nothing but a refusal."""
import http.client
import json
import random

import pytest

from harness.guard import FOLLOWER_ROLE, LEADER_ROLE
from harness.pair import ALIAS, API
from harness.rules import RULES
from permissions import ENDPOINTS, LISTS

METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"]
NAMES = ["fuzz", "*", "_all", "%2A", "a%2Fb", "..%2F..", "%00", "%E2%98%83", "-x", "UPPER", "a,b", "x" * 300, ".replication-metadata-store",
         "%3Ca-%7Bnow%2Fd%7D%3E", "a%20b", "%25", "a%0Ab", "leader-one:x"]
FIELDS = ["leader_alias", "leader_index", "use_roles", "settings", "pattern", "name", "reason", "filters", "follower_index_pattern",
          "force_resume", "leader_cluster_role", "exclude_index", "patterns", "exclude", "unknown"]
VALUES = ["", " ", "x", "none-such-*", ALIAS, "\x00", "☃", "x" * 5000, 0, -1, 1e308, 2 ** 70, True, None, [], {}, [[]], {"a": {"b": []}}, ["a", 1, None],
          {"leader_cluster_role": "a"}, {"leader_cluster_role": [], "follower_cluster_role": {}}, {"index.number_of_replicas": "many"},
          {"index.number_of_shards": 7}, {"index.uuid": "x"}, {"number_of_replicas": 0}, {"index.analysis.x.y_path": "/etc/passwd"}]
BODIES = ["", "{", "[]", "null", "1", '"x"', "{}{}", '{"a":1,"a":2}', '{"leader_alias":', "\x00\x01", '{"a":' * 3000 + "1" + "}" * 3000,
          "[" * 5000 + "]" * 5000, "{" + ",".join(f'"f{i}":1' for i in range(5000)) + "}", "\ufeff{}", "---\na: 1", "pattern=*"]
TYPES = ["application/json", "application/yaml", "application/cbor", "application/smile", "text/plain", "application/x-ndjson", "nonsense", None]
QUERIES = ["", "?timeout=abc", "?timeout=-5s", "?cluster_manager_timeout=1parsec", "?wait_for_restore=maybe", "?verbose=2", "?unknown=1",
           "?pattern=", "?pattern=%00", "?pattern=" + "a*" * 2000, "?state=nonsense", "?state=,,,", "?detailed=x", "?h=nonsense", "?s=nonsense",
           "?format=xml", "?filter_path=" + "*." * 200, "?pretty=maybe", "?human=x", "?size=-1", "?from=99999999999999999999"]


def _paths():
    for endpoint in ENDPOINTS:
        yield endpoint.method, endpoint.path.split("?")[0]
    for path in LISTS:
        yield "GET", path
    for method, path in (("GET", "{index}"), ("PUT", "{index}"), ("DELETE", "{index}"), ("POST", "{index}/_pause"), ("POST", "{index}/_resume"),
                         ("GET", "{index}/_dry_run"), ("DELETE", "{index}/_tombstones"), ("DELETE", "{index}/_tombstones/{index}")):
        yield method, f"{RULES}/{path}"
    yield "POST", f"{API}/_failover"
    for path in (f"{API}/{{index}}/_nonsense", f"{API}/", f"{API}/_task_status/x", f"{API}/_task_cancel/:", f"{API}/_task_status/n:99999",
                 "/_opendistro/_replication/{index}/_status", "/_cat/replication/{index}"):
        yield "GET", path


def _nonsense(chance):
    """(body, content type) of one request."""
    if chance.random() < 0.4:
        return chance.choice(BODIES).encode("utf-8", "surrogatepass"), chance.choice(TYPES)
    body = {chance.choice(FIELDS): chance.choice(VALUES) for _ in range(chance.randrange(5))}
    if chance.random() < 0.5:
        body.update(leader_alias=ALIAS, leader_index=chance.choice(["absent", "*", "", "x" * 300]))
    data = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:
        data = bytearray(data)
        data[chance.randrange(len(data))] = chance.randrange(256)
        data = bytes(data)
    return data, "application/json"


def _send(client, method, url, data, kind):
    """(status, text) of a request whose headers are not always in order."""
    make = http.client.HTTPSConnection if client.tls else http.client.HTTPConnection
    more = {"context": client.tls} if client.tls else {}
    connection = make(client.host, client.port, timeout=90, **more)
    try:
        connection.request(method, url, data or None, {**client.headers, **({"Content-Type": kind} if kind else {})})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except (http.client.HTTPException, ConnectionError):
        assert client.request("GET", "/").status in (200, 403)  # hung up on us, and well
        return 0, ""
    finally:
        connection.close()


@pytest.fixture(params=["plain", "secured-operator", "secured-stranger"])
def besieged(request):
    """(who, pair, index): a follower and a rule are there, and nonsense may name them."""
    who = request.param
    pair = request.getfixturevalue("pair" if who == "plain" else "secure_pair")
    index = f"followed-{who}"
    pair.leader.create_index(index)
    pair.follow(index)
    rule = {"leader_alias": ALIAS, "name": index, "pattern": f"{index}-none-*"}
    if pair.secure:
        rule["use_roles"] = {"leader_cluster_role": LEADER_ROLE, "follower_cluster_role": FOLLOWER_ROLE}
    assert pair.api.request("POST", RULES, rule).status == 200
    yield who, pair, index
    pair.api.request("DELETE", RULES, {"leader_alias": ALIAS, "name": index})
    pair.drop(index)


def test_nonsense(besieged):
    who, pair, followed = besieged
    client = pair.follower.http if who == "plain" else pair.api
    if who == "secured-stranger":
        client = pair.follower.users.user("stranger")
    chance = random.Random(who)
    before = set(pair.follower.ok("GET", "/_cat/indices?h=index&expand_wildcards=all").split())
    seen = {}
    for path_method, path in list(_paths()):
        for _ in range(12):
            method = path_method if chance.random() < 0.8 else chance.choice(METHODS)
            url = path.format(index=chance.choice([*NAMES, followed, followed + "*"])) + (chance.choice(QUERIES) if chance.random() < 0.5 else "")
            data, kind = _nonsense(chance)
            status, text = _send(client, method, url, data, kind)
            told = (method, url[:200], data[:200], kind, status, text[:600])
            assert status < 500, told
            assert "stack_trace" not in text and "\n\tat " not in text and "Exception: " not in text.split("root_cause")[0], told
            assert "root:" not in text, told
            if who == "secured-stranger" and status == 200 and method != "HEAD":
                assert "fuzz" not in text and ALIAS not in text and followed not in text, told
            seen[status] = seen.get(status, 0) + 1
    after = set(pair.follower.ok("GET", "/_cat/indices?h=index&expand_wildcards=all").split())
    assert {name for name in after - before if "fuzz" in name or "absent" in name or len(name) == 300} == set()
    assert len(seen) > 1, seen
    if who == "secured-stranger":
        assert pair.status(followed)["status"] == "SYNCING"
        assert pair.follower.ok("GET", f"{RULES}/{followed}")["rules"][0]["state"] == "RUNNING"
