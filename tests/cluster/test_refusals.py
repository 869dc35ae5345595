"""Issue item 10: every refused request, its code and its message, in the contract's order."""
import pytest

from harness.cluster import path
from harness.pair import ALIAS, API
from harness.wait import until

# The words that each wrong name is refused with (both as follower and as leader name).
WRONG_NAMES = [
    ("Upper", "must be lowercase"), ("a*b", "must not contain the following characters"),
    ("a?b", "must not contain the following characters"), ("a\"b", "must not contain the following characters"),
    ("a<b", "must not contain the following characters"), ("a|b", "must not contain the following characters"),
    ("a b", "must not contain the following characters"), ("a,b", "must not contain the following characters"),
    ("a\\b", "must not contain the following characters"), ("a#b", "must not contain '#'"),
    ("a:b", "must not contain"), ("_a", "must not start with '_'"), ("-a", "must not start with"),
    ("+a", "must not start with"), ("x" * 256, "255"), (".a", "must not start with '.'"),
]


def start(pair, follower, body, query=""):
    return pair.follower.request("PUT", API + path(follower) + "/_start" + query, body)


def refused(answer, status, text, kind=None):
    assert answer.status == status, answer
    assert text in answer.reasons(), answer
    if kind:
        assert answer.error["type"] == kind, answer
    return answer


# ---- the body ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("body, text", [
    (None, "request body or source parameter is required"),
    ("{", ""), ("[]", ""), ("nonsense", ""), ('{"leader_alias":"a"', ""),
    ({"leader_alias": ALIAS, "leader_index": "x", "surprise": 1}, "surprise"),
    ({"leader_alias": {"a": 1}, "leader_index": "x"}, "leader_alias"),
    ({"leader_alias": ALIAS, "leader_index": ["x", "y"]}, "leader_index"),
    ({"leader_alias": ALIAS, "leader_index": "x", "settings": "text"}, "settings"),
    ({"leader_alias": ALIAS, "leader_index": "x", "use_roles": "text"}, "use_roles"),
    ({"leader_alias": ALIAS, "leader_index": "x", "use_roles": {"surprise": "r"}}, "surprise"),
])
def test_start_with_a_wrong_body(pair, body, text):
    answer = start(pair, "refused", body)
    assert answer.status == 400, answer
    assert text in answer.text, answer


@pytest.mark.parametrize("verb", ["_stop", "_resume"])
@pytest.mark.parametrize("body, text", [(None, "request body or source parameter is required"), ("{", ""),
                                        ({"surprise": 1}, "surprise")])
def test_stop_and_resume_with_a_wrong_body(pair, verb, body, text):
    answer = pair.follower.request("POST", f"{API}/refused/{verb}", body)
    assert answer.status == 400 and text in answer.text, answer


@pytest.mark.parametrize("body", ["{", {"surprise": 1}, {"reason": {"a": 1}}])
def test_pause_with_a_wrong_body(pair, body):
    assert pair.follower.request("POST", f"{API}/refused/_pause", body).status == 400


@pytest.mark.parametrize("given, missing", [({}, ("leader_alias", "leader_index")),
                                            ({"leader_alias": ALIAS}, ("leader_index",)),
                                            ({"leader_index": "x"}, ("leader_alias",))])
def test_start_without_mandatory_parameters(pair, given, missing):
    answer = refused(start(pair, "refused", given), 400, "Mandatory params [", "action_request_validation_exception")
    assert "are missing for the request" in answer.reasons()
    for word in missing:
        assert word in answer.reasons()


@pytest.mark.parametrize("wrong, text", WRONG_NAMES)
def test_start_with_a_wrong_name(pair, wrong, text):
    refused(start(pair, wrong, {"leader_alias": ALIAS, "leader_index": "x"}), 400, text)
    refused(start(pair, "refused", {"leader_alias": ALIAS, "leader_index": wrong}), 400, text)


@pytest.mark.parametrize("roles", [{"leader_cluster_role": "a"}, {"follower_cluster_role": "a"}])
def test_start_with_one_role_only(pair, roles):
    body = {"leader_alias": ALIAS, "leader_index": "x", "use_roles": roles}
    refused(start(pair, "refused", body), 400, "Need roles for leader_cluster_role and follower_cluster_role")


def test_unknown_query_parameter(pair):
    answer = start(pair, "refused", {"leader_alias": ALIAS, "leader_index": "x"}, "?surprise=1")
    assert answer.status == 400 and "surprise" in answer.text, answer
    for verb, body in (("_stop", {}), ("_pause", None), ("_resume", {})):
        refused(pair.follower.request("POST", f"{API}/refused/{verb}?timeout=-1", body), 400, "[timeout] is [-1], give a time")
    answer = pair.follower.request("GET", f"{API}/refused/_status?surprise=1")
    assert answer.status == 400 and "surprise" in answer.text, answer


# ---- the leader ----------------------------------------------------------------------------------------------------
def test_unknown_alias(pair):
    answer = pair.start_replication("x", "refused", alias="nobody")
    refused(answer, 404, "no such remote cluster: [nobody]", "no_such_remote_cluster_exception")


def test_missing_leader_index(pair):
    refused(pair.start_replication("not-there", "refused"), 404, "no such index [not-there]",
            "index_not_found_exception")


def test_leader_index_is_an_alias(pair, index):
    pair.leader.create_index(index, aliases={"other-name": {}})
    refused(pair.start_replication("other-name", "refused"), 404, f"no such index [{ALIAS}:other-name]")


def test_leader_primary_is_not_active(pair, index):
    pair.leader.request("PUT", f"/{index}?wait_for_active_shards=0&timeout=1s", {"settings": {
        "index.number_of_replicas": 0, "index.routing.allocation.require._name": "nobody"}})
    refused(pair.start_replication(index), 400, f"Primary shards in the Index[{ALIAS}:{index}] are not active",
            "illegal_argument_exception")


def test_wrong_settings(pair, index):
    pair.leader.create_index(index)
    refused(pair.start_replication(index, settings={"index.no_such_setting": 1}), 400, "no_such_setting")
    refused(pair.start_replication(index, settings={"index.number_of_replicas": "many"}), 400, "number_of_replicas")
    refused(pair.start_replication(index, settings={"index.number_of_replicas": None}), 400, "[index.number_of_replicas] has no value")
    # What the files that are copied, and the place of each document, depend on.
    for decided in ({"index.number_of_shards": 7}, {"index.number_of_routing_shards": 8}, {"index.routing_partition_size": 2},
                    {"index.sort.field": "n"}, {"index.soft_deletes.enabled": False}):
        (key,) = decided
        refused(pair.start_replication(index, settings=decided), 400, f"setting [{key}] is as the leader index has it")
    # Keys do not get the prefix added.
    answer = pair.start_replication(index, settings={"number_of_replicas": 0})
    assert answer.status == 400, answer
    assert pair.status(index) == {"status": "REPLICATION NOT IN PROGRESS"}
    assert pair.follower.request("HEAD", f"/{index}").status == 404


def test_analysis_file_is_not_there(pair, index):
    """A path of an analyzer that the follower node cannot read is found before anything is made."""
    settings = {"index.analysis.filter.words.type": "stop", "index.analysis.filter.words.stopwords": ["a"]}
    pair.leader.create_index(index, settings=settings)
    overlay = {"index.analysis.filter.words.stopwords_path": "not/there.txt"}
    answer = pair.start_replication(index, settings=overlay)
    refused(answer, 404, "IOException while reading index.analysis.filter.words.stopwords_path",
            "resource_not_found_exception")


# ---- the follower --------------------------------------------------------------------------------------------------
def test_follower_index_exists(pair, index):
    pair.leader.create_index(index)
    pair.follower.create_index(index)
    text = f"Cant use same index again for replication. Delete the index:{index}"
    refused(pair.start_replication(index), 400, text, "illegal_argument_exception")
    pair.follower.ok("POST", f"/{index}/_close")
    refused(pair.start_replication(index), 400, text)
    pair.follower.delete_index(index)


def test_start_block(pair, index):
    pair.leader.create_index(index)
    pair.follower.settings(plugins__replication__follower__block__start=True)
    try:
        refused(pair.start_replication(index), 403, "[FORBIDDEN] Replication START block is set")
    finally:
        pair.follower.settings(plugins__replication__follower__block__start=None)
    pair.follow(index)


def test_read_only_cluster(pair, index):
    pair.leader.create_index(index)
    pair.follower.settings(cluster__blocks__read_only=True)
    try:
        refused(pair.start_replication(index), 403, "FORBIDDEN/6/cluster read-only (api)", "cluster_block_exception")
    finally:
        pair.follower.settings(cluster__blocks__read_only=None)


def test_order_of_checks(pair, index):
    """The alias is looked at before the leader index, that before the settings, these before the follower's state."""
    pair.follower.create_index(index)
    bad = {"index.no_such_setting": 1}
    refused(pair.start_replication("not-there", index, settings=bad, alias="nobody"), 404, "no such remote cluster")
    refused(pair.start_replication("not-there", index, settings=bad), 404, "no such index [not-there]")
    pair.leader.create_index(index)
    refused(pair.start_replication(index, settings=bad), 400, "no_such_setting")
    refused(pair.start_replication(index), 400, "Cant use same index again for replication")
    pair.follower.delete_index(index)


# ---- verbs in the wrong state --------------------------------------------------------------------------------------
@pytest.mark.parametrize("there", [False, True])
def test_verbs_without_replication(pair, index, there):
    if there:
        pair.follower.create_index(index)
        pair.follower.put(index, "1", {})
        uuid = pair.follower.ok("GET", f"/{index}/_settings")[index]["settings"]["index"]["uuid"]
    for answer in (pair.stop_replication(index), pair.pause(index), pair.resume(index)):
        refused(answer, 400, f"No replication in progress for index:{index}", "illegal_argument_exception")
    answer = pair.follower.request("GET", f"{API}/{index}/_status")
    assert answer.status == 200 and answer.json == {"status": "REPLICATION NOT IN PROGRESS"}
    if there:  # the refused _stop has not closed and reopened it
        settings = pair.follower.ok("GET", f"/{index}/_settings")[index]["settings"]["index"]
        assert settings["uuid"] == uuid and "verified_before_close" not in settings
        assert pair.follower.get(index, "1")
        pair.follower.delete_index(index)


def test_pause_and_resume_twice(pair, index):
    pair.leader.create_index(index)
    pair.follow(index)
    refused(pair.resume(index), 400, f"Replication on Index {index} is already running",
            "resource_already_exists_exception")
    assert pair.pause(index).json == {"acknowledged": True}
    refused(pair.pause(index), 400, f"Index {index} is already paused", "resource_already_exists_exception")
    assert pair.resume(index).json == {"acknowledged": True}
    pair.wait_status(index, "SYNCING")
    # A body is not needed for _pause.
    assert pair.follower.request("POST", f"{API}/{index}/_pause").json == {"acknowledged": True}
    assert pair.status(index)["reason"] == "User initiated"
    assert pair.stop_replication(index).json == {"acknowledged": True}


def test_resume_with_a_closed_leader(pair, index):
    pair.leader.create_index(index)
    pair.follow(index)
    pair.pause(index)
    pair.leader.ok("POST", f"/{index}/_close")
    answer = pair.resume(index)
    assert answer.status == 400 and "closed" in answer.reasons(), answer
    pair.leader.ok("POST", f"/{index}/_open")
    pair.leader.health(index)
    assert pair.resume(index).status == 200
    pair.leader.put(index, "1", {})
    assert pair.same(index) == 1


def test_status_of_the_empty_name(pair):
    answer = pair.follower.request("GET", f"{API}//_status")
    assert answer.status == 400 and "Index name must be specified to obtain replication status" in answer.text, answer


def test_private_setting_is_refused_at_creation(pair, index):
    """Only the plugin makes an index a follower; neither creation nor update may."""
    key = "index.plugins.replication.follower.leader_index"
    answer = pair.follower.request("PUT", f"/{index}", {"settings": {key: "a:b"}})
    assert answer.status == 400 and key in answer.text, answer
    pair.follower.create_index(index)
    answer = pair.follower.request("PUT", f"/{index}/_settings", {key: "a:b"})
    assert answer.status == 400 and key in answer.text, answer
    pair.follower.delete_index(index)


def test_refused_starts_leave_nothing(pair):
    """After all refusals above there is no task and no follower index left over."""
    until(lambda: not [task for task in pair.tasks("cluster:*replication*") if "refused" in task["description"]], 10,
          "no task")
    assert pair.follower.request("HEAD", "/refused").status == 404
    assert pair.status("refused") == {"status": "REPLICATION NOT IN PROGRESS"}
