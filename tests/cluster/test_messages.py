"""Every sentence of the contract's list of errors, word by word, in its order: one table, one request a row.

Sentences that need another pair of clusters stand elsewhere: without the plugin in test_refusals_no_plugin, with the Security
plugin in test_secure_permissions (roles are mandatory, no permissions for), loops in test_topologies, a lease that is gone in
test_history and test_lifecycle. Two need a leader of another version (newer; index.soft_deletes.enabled false, which no node
of this version lets anybody set): the shim's own tests have them. "task with id {…} already exist" is for two requests at
the same moment; where one came before, "Cant use same index again" comes first.
"""
import pytest

from harness.pair import ALIAS, API
from harness.wait import until

ROOM = "cluster__routing__allocation__node_initial_primaries_recoveries"  # 0 lets a restore wait
ILLEGAL, STATE, THERE = "illegal_argument_exception", "illegal_state_exception", "resource_already_exists_exception"
CHARACTERS = 'must not contain the following characters ['
RULE = {"leader_alias": ALIAS, "name": "rule", "pattern": "never-*"}
WORDS = {"index.analysis.filter.words.type": "stop", "index.analysis.filter.words.stopwords": ["a"]}


class Stage:
    """Follower indices in every state that a sentence is about. Names of leader indices are those of their followers."""

    def __init__(self, pair):
        self.pair = pair
        leader, follower = pair.leader, pair.follower
        for name in ("msg-follows", "msg-paused", "msg-failed", "msg-copying", "msg-leader", "msg-ordinary"):
            leader.create_index(name, settings=WORDS)
        leader.ok("POST", "/_aliases", {"actions": [{"add": {"index": "msg-leader", "alias": "msg-alias"}}]})
        leader.request("PUT", "/msg-inactive?wait_for_active_shards=0&timeout=1s", {"settings": {
            "index.number_of_replicas": 0, "index.routing.allocation.require._name": "nobody"}})
        follower.create_index("msg-ordinary")
        pair.follow("msg-follows")
        pair.follow("msg-paused")
        assert pair.pause("msg-paused").status == 200
        leader.ok("POST", "/msg-paused/_close")
        follower.ok("PUT", "/_cluster/settings", {"transient": {"cluster.max_shards_per_node": 1}})
        pair.start_replication("msg-failed", query="?wait_for_restore=true")
        follower.ok("PUT", "/_cluster/settings", {"transient": {"cluster.max_shards_per_node": None}})
        assert pair.status("msg-failed")["status"] == "FAILED"
        assert follower.request("POST", f"{API}/_autofollow", RULE).status == 200
        follower.settings(**{ROOM: 0})
        self.timed_out = pair.start_in_vain("msg-copying")
        until(lambda: follower.request("HEAD", "/msg-copying").status == 200, 60, "a copy waits")
        assert pair.status("msg-copying")["status"] == "BOOTSTRAPPING"

    def close(self):
        self.pair.follower.settings(**{ROOM: None})
        self.pair.follower.request("DELETE", f"{API}/_autofollow", {"leader_alias": ALIAS, "name": "rule"})
        self.pair.leader.request("POST", "/msg-paused/_open")
        for name in ("msg-follows", "msg-paused", "msg-failed", "msg-copying"):
            self.pair.stop_replication(name)
        for cluster in (self.pair.leader, self.pair.follower):
            cluster.request("DELETE", "/msg-*?expand_wildcards=all")


@pytest.fixture(scope="module")
def stage(pair):
    stage = None
    try:
        stage = Stage(pair)
        yield stage
    finally:
        if stage:
            stage.close()
        pair.follower.settings(**{ROOM: None})
        pair.follower.ok("PUT", "/_cluster/settings", {"transient": {"cluster.max_shards_per_node": None}})


def start(sentence, status=400, kind=ILLEGAL, follower="msg-new", leader="msg-leader", alias=ALIAS, **more):
    body = {"leader_alias": alias, "leader_index": leader, **more}
    return "PUT", f"/{follower}/_start", {key: value for key, value in body.items() if value is not None}, status, kind, sentence


def verb(name, index, sentence, status=400, kind=ILLEGAL, body=None):
    return "PUT" if name == "_update" else "POST", f"/{index}/{name}", {} if body is None else body, status, kind, sentence


def rule(sentence, status=400, kind="action_request_validation_exception", method="POST", **more):
    body = {key: value for key, value in {**RULE, "name": "other", **more}.items() if value is not None}
    return method, "/_autofollow", body, status, kind, sentence


def bulk(name, sentence, status=400, kind="action_request_validation_exception", **body):
    return "POST", f"/_bulk_{name}", body, status, kind, sentence


INVALID = "action_request_validation_exception"
NONE = "No replication in progress for index:"
OTHER = {"index.analysis.filter.words.stopwords_path": "not/there.txt"}
TABLE = [
    # _start: the request
    start("Mandatory params [leader_alias, leader_index] are missing for the request", kind=INVALID, alias=None, leader=None),
    start("Mandatory params [leader_alias] are missing for the request", kind=INVALID, alias=None),
    start("Mandatory params [leader_index] are missing for the request", kind=INVALID, leader=None),
    start("Value Upper must be lowercase", kind=INVALID, leader="Upper"),
    start("Value Upper must be lowercase", kind=INVALID, follower="Upper"),
    *[start(f"Value a{wrong}b {CHARACTERS}", kind=INVALID, leader=f"a{wrong}b") for wrong in "\\/*?\"<>| ,"],
    *[start(f"Value {wrong} must not contain '#' or ':'", kind=INVALID, leader=wrong) for wrong in ("a#b", "a:b")],
    *[start(f"Value {wrong} must not be '.' or '..'", kind=INVALID, leader=wrong) for wrong in (".", "..")],
    *[start(f"Value {wrong} must not start with '_' or '-' or '+'", kind=INVALID, leader=wrong) for wrong in ("_a", "-a", "+a")],
    start("must not be longer than 255 bytes", kind=INVALID, leader="ä" * 128),
    start("Value .a must not start with '.'", kind=INVALID, leader=".a"),
    start("Need roles for leader_cluster_role and follower_cluster_role", kind=INVALID, use_roles={"leader_cluster_role": "a"}),
    # _start: the leader
    start("no such remote cluster: [nobody]", 404, "no_such_remote_cluster_exception", alias="nobody"),
    start("no such index [msg-none]", 404, "index_not_found_exception", leader="msg-none"),
    start(f"no such index [{ALIAS}:msg-alias]", 404, "index_not_found_exception", leader="msg-alias"),
    start(f"Primary shards in the Index[{ALIAS}:msg-inactive] are not active", leader="msg-inactive"),
    # _start: settings
    start("unknown setting [index.none]", kind="settings_exception", settings={"index.none": 1}),
    start("Failed to parse value [x] for setting [index.number_of_replicas]", settings={"index.number_of_replicas": "x"}),
    start("path.shared_data must be set in order to use custom data paths", kind="validation_exception",
          settings={"index.data_path": "/elsewhere"}),
    start("IOException while reading index.analysis.filter.words.stopwords_path: ", 404, "resource_not_found_exception",
          settings=OTHER),
    # _start: the follower
    start("Cant use same index again for replication. Delete the index:msg-ordinary", follower="msg-ordinary"),
    start("Cant use same index again for replication. Delete the index:msg-copying", follower="msg-copying"),
    # verbs
    *[verb(name, index, NONE + index) for name in ("_stop", "_pause", "_resume") for index in ("msg-none", "msg-ordinary")],
    verb("_update", "msg-none", NONE + "msg-none", body={"index.number_of_replicas": 0}),
    verb("_pause", "msg-paused", "Index msg-paused is already paused", kind=THERE),
    verb("_pause", "msg-failed", "Cannot pause when in FAILED state", 500, STATE),
    verb("_pause", "msg-copying", "Index is in restore phase currently for index: msg-copying. You can pause after restore completes.",
         500, STATE),
    verb("_resume", "msg-follows", "Replication on Index msg-follows is already running", kind=THERE),
    verb("_resume", "msg-paused", "closed", kind="index_closed_exception"),
    verb("_update", "msg-failed", "Cannot update settings when in FAILED state", 500, STATE, body={"index.number_of_replicas": 0}),
    verb("_update", "msg-follows", "unknown setting [index.none]", kind="settings_exception", body={"index.none": 0}),
    ("GET", "//_status", None, 400, None, "Index name must be specified to obtain replication status"),
    # rules
    rule("Missing connection or name in the request", name=None), rule("Missing connection or name in the request", leader_alias=None),
    rule("Missing pattern", pattern=None), rule("Value Upper must be lowercase", name="Upper"),
    rule(f"Autofollow pattern: a?b {CHARACTERS}", pattern="a?b"), rule(f"Autofollow pattern: a,b {CHARACTERS}", pattern="a,b"),
    rule("must not be empty", pattern=""), rule("must not contain '#' or ':'", pattern="a:b"),
    rule("must not start with '_' or '-'", pattern="-a"),
    rule("follower_index_pattern must contain the {{leader_index}} placeholder", follower_index_pattern="copy"),
    rule("Exisiting autofollow replication rule cannot be recreated/updated", kind=None, name="rule", pattern="other-*"),
    rule("no such remote cluster: [nobody]", 404, "no_such_remote_cluster_exception", leader_alias="nobody"),
    rule("Unexpected pattern", method="DELETE"),
    rule("Unexpected follower_index_pattern for remove action", method="DELETE", pattern=None, follower_index_pattern="x"),
    # many at once
    bulk("start", "leader_alias is required for bulk start", pattern="x*"), bulk("start", "pattern is required", leader_alias=ALIAS),
    *[bulk(name, "pattern is required") for name in ("stop", "pause", "resume")],
    *[bulk("stop", f"pattern contains invalid characters: {wrong}", pattern=wrong) for wrong in
      ("a b", 'a"b', "a<b", "a>b", "a|b", "a\\b", "a#b", "a,b", "_a")],
    bulk("start", "No indices found matching pattern: [none-*] on leader cluster", 404, None, leader_alias=ALIAS, pattern="none-*"),
    bulk("stop", "No indices found matching pattern: [none-*]", 404, None, pattern="none-*"),
    bulk("start", "Can't use same index again for replication. Delete the index:msg-ordinary", kind=None, leader_alias=ALIAS,
         pattern="msg-ordinary"),
    bulk("stop", "No replication in progress for index:msg-ordinary", kind=None, pattern="msg-ordinary"),
    bulk("pause", "Index msg-paused is already paused", kind=None, pattern="msg-paused"),
    bulk("resume", "Replication on Index msg-follows is already running; No replication in progress for index:msg-ordinary", kind=None,
         pattern="msg-*", filters={"exclude_index": ["msg-paused", "msg-failed", "msg-copying"]}),
    ("GET", "/_bulk_status", None, 400, None, "pattern parameter is required"),
    ("GET", "/_task_status/none", None, 400, None, "Invalid task_id format"),
    ("GET", "/_task_status/nobody:7", None, 404, None, "Task nobody:7 not found or already completed"),
    ("POST", "/_task_cancel/none", None, 400, None, "Invalid task_id format"),
    ("POST", "/_task_cancel/nobody:7", None, 404, None, "Task nobody:7 not found or already completed"),
]


@pytest.mark.parametrize("row", range(len(TABLE)))
def test_sentence(pair, stage, row):
    method, url, body, status, kind, sentence = TABLE[row]
    answer = pair.follower.request(method, API + url, body)
    assert answer.status == status and sentence in answer.reasons(), (method, url, body, answer)
    assert kind is None or answer.error["type"] == kind, (method, url, body, answer)


def test_blocks_and_time(pair, stage):
    """What holds for a whole cluster stands in nobody's way for longer than one request."""
    assert stage.timed_out.status == 500 and stage.timed_out.error["type"] == STATE, stage.timed_out
    assert stage.timed_out.error["reason"] == "Timed out when waiting for persistent task after 1s", stage.timed_out
    for setting, words, kind in (
            ({"cluster__blocks__read_only": True}, "blocked by: [FORBIDDEN/6/cluster read-only (api)];", "cluster_block_exception"),
            ({"plugins__replication__follower__block__start": True}, "[FORBIDDEN] Replication START block is set", None)):
        pair.follower.settings(**setting)
        try:
            answer = pair.start_replication("msg-leader", "msg-new")
        finally:
            pair.follower.settings(**dict.fromkeys(setting))
        assert answer.status == 403 and words in answer.reasons(), answer
        assert kind is None or answer.error["type"] == kind, answer
    assert pair.follower.request("HEAD", "/msg-new").status == 404, "no refusal has left anything behind"
