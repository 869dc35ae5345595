"""Auto-follow: which indices are followed, when, and what is told of those that are not."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.link import Link
from harness.pair import ALIAS, API
from harness.rules import RULES, Rules
from harness.wait import until
from test_bulk import bulk, done, numbers

CLOSE = "plugins__replication__follower__block__start"
LISTED = "plugins__replication__autofollow__fetch_poll_interval"


@pytest.fixture
def rules(pair, name):
    made = Rules(pair, name[:60])
    yield made
    pair.follower.settings(**{CLOSE: None})
    made.clear()


@pytest.fixture
def no_fallback(pair):
    """A rule lists the leader's indices again after minutes, unless the leader tells of a change."""
    pair.follower.settings(**{LISTED: "1h"})
    yield
    pair.follower.settings(**{LISTED: None})


def test_existing_and_new_indices(pair, rules, no_fallback):
    """Both are followed with the rule's settings; a new one because the leader tells of it, not because of a poll."""
    old, new = f"{rules.prefix}-old", f"{rules.prefix}-new"
    pair.leader.create_index(old)
    pair.leader.put(old, "1", {"a": 1})
    rules.made(settings={"index.refresh_interval": "7s"})
    rules.followed(old)
    rules.looked()
    pair.leader.create_index(new, shards=2)
    until(lambda: pair.status(new)["status"] != "REPLICATION NOT IN PROGRESS", 60, "new index is being followed")
    pair.leader.put(new, "1", {"b": 2})
    assert pair.same(old) == 1 and pair.same(new) == 1
    settings = pair.follower.ok("GET", f"/{new}/_settings?flat_settings")[new]["settings"]
    assert settings["index.refresh_interval"] == "7s"
    task = next(task for task in pair.tasks("*autofollow*") if rules.prefix in task["description"])
    assert task["action"] == "cluster:admin/plugins/replication/autofollow[c]"
    # Without its rule a follower goes on, and nothing new comes.
    assert rules.remove().json == {"acknowledged": True}
    assert rules.remove().status == 200, "removing is idempotent"
    pair.leader.create_index(f"{rules.prefix}-late")
    pair.leader.put(new, "2", {})
    assert pair.same(new) == 2
    rules.not_there(f"{rules.prefix}-late")
    until(lambda: not [task for task in pair.tasks("*autofollow*") if rules.prefix in task["description"]], 30, "its task ends")


def test_stats(pair, rules):
    rules.made()
    rules.looked()
    stats = until(lambda: next((one for one in rules.stats()["autofollow_stats"] if one["name"] == rules.prefix
                                and one["num_success_start_replication"] == 1), None), 60, "counted")
    assert set(rules.stats()) == {"num_success_start_replication", "num_failed_start_replication",
                                  "num_failed_leader_calls", "failed_indices", "autofollow_stats"}
    assert list(stats) == ["name", "pattern", "leader_alias", "num_success_start_replication",
                           "num_failed_start_replication", "num_failed_leader_calls", "failed_indices",
                           "last_execution_time"]
    assert stats["pattern"] == f"{rules.prefix}-*" and stats["leader_alias"] == ALIAS
    assert stats["failed_indices"] == [] and stats["num_failed_leader_calls"] == 0
    assert stats["last_execution_time"] > 1_600_000_000_000
    assert pair.follower.request("GET", API + "/autofollow_stats").text.startswith("{\n"), "printed for people"
    assert pair.follower.ok("GET", "/_opendistro/_replication/autofollow_stats")["autofollow_stats"]


def sums_are_those_of_the_rules(stats):
    """Of one answer of autofollow_stats."""
    for figure in ("num_success_start_replication", "num_failed_start_replication", "num_failed_leader_calls"):
        assert stats[figure] == sum(rule[figure] for rule in stats["autofollow_stats"]), stats
    assert sorted(stats["failed_indices"]) == sorted(index for rule in stats["autofollow_stats"] for index in rule["failed_indices"])
    assert stats["num_failed_start_replication"] >= 1 and stats["failed_indices"], stats


def test_patterns_exclusions_and_kinds_of_indices(pair, rules):
    """The dry run of a rule that is not there tells beforehand what the rule then does."""
    p = rules.prefix
    hidden = {"index.hidden": True}
    for index, settings in ((f"{p}-a", None), (f"{p}-b", None), (f"{p}-b-tmp", None), (f"other-{p}", None),
                            (f"{p}-hidden", hidden), (f".{p}-dot", hidden), (f"{p}-closed", None)):
        pair.leader.create_index(index, settings=settings)
    pair.leader.ok("POST", f"/{p}-closed/_close")
    pair.follower.create_index(f"{p}-b")
    body = {"leader_alias": ALIAS, "name": p, "patterns": [f"{p}-*", f".{p}-*"], "exclude_patterns": ["*-tmp", "nothing"]}
    dry = rules.dry_run(body)
    assert dry[f"{p}-a"] == ("would_follow", None)
    refused = {f"{p}-b": "Cant use same index again", f"{p}-b-tmp": "excluded by [*-tmp]", f"other-{p}": "no pattern",
               f"{p}-hidden": "hidden", f".{p}-dot": "dot", f"{p}-closed": "closed"}
    for index, reason in refused.items():
        assert dry[index][0] == "would_not_follow" and reason in dry[index][1], (index, dry[index])
    assert pair.follower.request("GET", f"{RULES}/{p}").status == 404
    rules.made(pattern=None, patterns=body["patterns"], exclude_patterns=body["exclude_patterns"])
    rules.followed(f"{p}-a")
    rules.looked()
    rules.not_there(f"{p}-b-tmp", f"{p}-hidden", f".{p}-dot", f"{p}-closed", f"other-{p}")
    assert rules.dry_run()[f"{p}-a"][0] == "already_followed"
    # The follower index that was there already is told, and nothing is tried in vain.
    failure = rules.failure(f"{p}-b")
    assert failure["attempts"] == 0 and "next_retry" not in failure and "Delete the index" in failure["reason"]
    assert f"{p}-b" in rules.stats()["failed_indices"]
    pair.follower.delete_index(f"{p}-b")
    rules.followed(f"{p}-b")
    # Asked for, hidden and dot indices come, too; closed ones when they are opened.
    assert rules.update(include_hidden=True, exclude_patterns=[]).status == 200
    pair.leader.ok("POST", f"/{p}-closed/_open")
    for index in (f"{p}-b-tmp", f"{p}-hidden", f".{p}-dot", f"{p}-closed"):
        rules.followed(index)


def test_system_indices(pair, rules):
    """Left out of every pattern, also of one that has their dot and takes hidden ones, unless they are asked for."""
    p = rules.prefix
    system = f".reporting-{p}"  # of this name they belong to the Dashboards module
    for index in (system, f"{p}-a"):
        pair.leader.create_index(index)
        pair.leader.put(index, "1", {"of": index})
    body = {"leader_alias": ALIAS, "name": p, "pattern": "*"}
    for more in ({}, {"include_hidden": True}, {"patterns": [f".*{p}", "*"], "pattern": None, "include_hidden": True}):
        dry = rules.dry_run({key: value for key, value in {**body, **more}.items() if value is not None})
        assert dry[f"{p}-a"] == ("would_follow", None), dry
        assert dry[system] == ("would_not_follow", "it is a system index, and the rule does not say include_system"), dry[system]
    # From here on only by patterns of this test: other tests' indices are theirs.
    rules.made(pattern=None, patterns=[f".*{p}", f"{p}-*"], include_hidden=True)
    rules.looked()
    rules.not_there(system)
    assert rules.get()["failures"] == []
    assert rules.update(include_system=True).status == 200
    rules.followed(system)
    until(lambda: pair.follower.get(system, "1"), 60, "its document")


def test_follower_pattern(pair, rules):
    p = rules.prefix
    pair.leader.create_index(f"{p}-x$1+[a]")
    pair.leader.put(f"{p}-x$1+[a]", "1", {})
    rules.made(follower_index_pattern="copy-{{leader_index}}-of-it")
    rules.followed(f"copy-{p}-x$1+[a]-of-it")
    pair.same(f"{p}-x$1+[a]", f"copy-{p}-x$1+[a]-of-it")


def test_what_is_deleted_on_purpose_stays_away(pair, rules):
    index = f"{rules.prefix}-a"
    pair.leader.create_index(index)
    rules.made()
    rules.followed(index)
    assert pair.stop_replication(index).status == 200
    assert pair.follower.delete_index(index).status == 200
    rules.looked()
    rules.not_there(index)
    assert [one["follower_index"] for one in rules.get()["tombstones"]] == [index]
    assert rules.dry_run()[index] == ("would_not_follow", "its follower was stopped or deleted on purpose")
    # A pattern that does not match it for a while says nothing of the leader index: it is still there.
    assert rules.update(pattern=f"{rules.prefix}-other*").status == 200
    pair.leader.create_index(f"{rules.prefix}-other")
    rules.followed(f"{rules.prefix}-other")
    assert rules.update(pattern=f"{rules.prefix}-*").status == 200
    pair.leader.create_index(f"{rules.prefix}-third")
    rules.followed(f"{rules.prefix}-third")
    assert [(one["follower_index"], one["leader_index"]) for one in rules.get()["tombstones"]] == [(index, index)]
    rules.not_there(index)
    # A person brings it back, by starting it ...
    pair.follow(index)
    assert rules.get()["tombstones"] == []
    pair.stop_replication(index)
    pair.follower.delete_index(index)
    # ... or by taking the tombstone away.
    assert rules.verb(f"_tombstones/{index}", "DELETE").json == {"acknowledged": True}
    rules.followed(index)
    # A leader index that is made anew is another one.
    pair.stop_replication(index)
    pair.follower.delete_index(index)
    pair.leader.delete_index(index)
    until(lambda: rules.get()["tombstones"] == [], 30, "the tombstone of what is gone is gone")
    pair.leader.create_index(index)
    rules.followed(index)


def test_pause_resume_and_update(pair, rules):
    p = rules.prefix
    rules.made()
    rules.looked()
    assert rules.verb("_pause?reason=holiday").json == {"acknowledged": True}
    assert rules.get()["state"] == "PAUSED" and rules.get()["pause_reason"] == "holiday"
    pair.leader.create_index(f"{p}-a")
    pair.leader.create_index(f"q-{p}-b")
    assert rules.update(pattern=f"q-{p}-*").status == 200, "a paused rule can be changed"
    assert rules.verb("_resume").json == {"acknowledged": True}
    rules.followed(f"q-{p}-b")
    rules.not_there(f"{p}-a")
    assert rules.get()["patterns"] == [f"q-{p}-*"] and rules.get()["version"] == 4
    assert pair.status(f"{p}-marker")["status"] == "SYNCING", "followers of the former pattern go on"
    # Whoever cancels the task pauses the rule; its reason says so.
    task = next(task for task in pair.tasks("*autofollow*") if p in task["description"])
    pair.follower.ok("POST", f"/_tasks/{task['node']}:{task['id']}/_cancel")
    until(lambda: "cancelled by user" in rules.get().get("pause_reason", ""), 30, "paused")
    assert rules.verb("_resume").status == 200
    assert rules.update(pattern=f"{p}-*").status == 200
    rules.followed(f"{p}-a")


def test_failures_are_told_and_tried_again(pair, rules):
    p = rules.prefix
    missing = {"index.analysis.filter.w.type": "stop", "index.analysis.filter.w.stopwords_path": "not/there.txt"}
    pair.leader.create_index(f"{p}-a")
    rules.made(settings=missing)
    failure = until(lambda: (rules.failure(f"{p}-a") or {}).get("attempts", 0) >= 2 and rules.failure(f"{p}-a"), 30,
                    "tried twice")
    assert "IOException while reading index.analysis.filter.w.stopwords_path" in failure["reason"]
    assert failure["since"] <= failure["last_attempt"] < failure["next_retry"]
    stats = next(one for one in rules.stats()["autofollow_stats"] if one["name"] == p)
    assert stats["failed_indices"] == [f"{p}-a"] and stats["num_failed_start_replication"] == 1
    sums_are_those_of_the_rules(rules.stats())
    assert rules.update(settings={}).status == 200
    rules.followed(f"{p}-a")
    until(lambda: rules.get()["failures"] == [], 60, "nothing is held against it")
    # While starts are forbidden nothing is tried in vain; afterwards it goes on by itself.
    pair.follower.settings(**{CLOSE: True})
    pair.leader.create_index(f"{p}-b")
    until(lambda: "START block" in rules.get().get("on_hold", "") and rules.get()["waiting"] == 1, 30, "on hold")
    assert rules.get()["failures"] == []
    pair.follower.settings(**{CLOSE: None})
    rules.followed(f"{p}-b")


def test_a_leader_that_is_away(pair, rules):
    """Failed calls are counted and told; what came meanwhile is followed when the leader is back."""
    p = rules.prefix
    link = Link(pair.leader.nodes[0].transport_port)
    try:
        pair.connect("away", link)
        rules.made(leader_alias="away")
        # The same name with another connection is another rule.
        assert rules.make(pattern=f"none-{p}-*").status == 200
        assert rules.http.request("GET", f"{RULES}/{p}/_dry_run").status == 400
        assert rules.remove().status == 200
        rules.looked()
        link.cut()
        until(lambda: rules.get()["num_failed_leader_calls"] >= 2, 30, "the leader is missed")
        assert rules.get()["leader_error"]["attempts"] >= 1 and rules.get()["leader_error"]["reason"]
        assert rules.stats()["num_failed_leader_calls"] >= 2
        pair.leader.create_index(f"{p}-a")
        link.resume()
        rules.followed(f"{p}-a")
        until(lambda: "leader_error" not in rules.get(), 30, "all is well")
        assert rules.remove(alias="away").status == 200
        for index in (f"{p}-a", f"{p}-marker"):
            pair.stop_replication(index)
    finally:
        pair.follower.ok("PUT", "/_cluster/settings", {"persistent": {"cluster.remote.away.*": None}})
        link.close()


def test_followers_of_followers(pair, rules):
    """Only when asked for: with a pattern that renames, two clusters would follow each other for ever."""
    p = rules.prefix
    pair.follower.ok("PUT", "/_cluster/settings", {"persistent": {
        "cluster.remote.own.mode": "proxy",
        "cluster.remote.own.proxy_address": f"127.0.0.1:{pair.follower.nodes[0].transport_port}"}})
    try:
        pair.wait_connected("own")
        pair.leader.create_index(f"{p}-a")
        pair.leader.put(f"{p}-a", "1", {})
        pair.follow(f"{p}-a")
        rules.made(leader_alias="own", exclude_patterns=["*-again"], follower_index_pattern="{{leader_index}}-again")
        assert "include_followers" in rules.dry_run()[f"{p}-a"][1]
        assert rules.update(include_followers=True).status == 200
        rules.followed(f"{p}-a-again")
        assert pair.same(f"{p}-a", f"{p}-a-again") == 1
        assert "excluded" in rules.dry_run()[f"{p}-a-again"][1]
    finally:
        rules.clear()
        pair.follower.ok("PUT", "/_cluster/settings", {"persistent": {"cluster.remote.own.*": None}})


def test_hundred_indices(pair, rules):
    """Half are there when the rule is made, half come while it is busy; none is passed over, never too many at a time."""
    names = [f"{rules.prefix}-{number:03}" for number in range(100)]
    slots = "plugins__replication__autofollow__concurrent_replication_jobs_trigger_size"
    pair.follower.settings(**{slots: 10})
    try:
        with ThreadPoolExecutor(4) as several:
            list(several.map(pair.leader.create_index, names[:50]))
            rules.made()
            list(several.map(pair.leader.create_index, names[50:]))
        pair.leader.bulk([({"index": {"_index": index, "_id": "1"}}, {"n": index}) for index in names])
        until(lambda: rules.copies() <= 10 and rules.get()["followed"] == 100, 240, "all are followed", 0.5)
        assert rules.most_copies <= 10
    finally:
        pair.follower.settings(**{slots: None})
    for index in names:
        pair.wait_status(index, "SYNCING")
        until(lambda: pair.follower.get(index, "1"), 60, f"document of {index}")
    rule = rules.get()
    assert rule["failures"] == [] and rule["waiting"] == 0 and rule["num_success_start_replication"] == 100
    assert rules.remove().status == 200
    bulk_verbs_on_hundred(pair, rules, names)


def bulk_verbs_on_hundred(pair, rules, names):
    """All four verbs on the hundred followers that a rule has made, each with filters."""
    every, spared = f"{rules.prefix}-*", f"{rules.prefix}-09*"
    touched = [name for name in names if not name.startswith(spared[:-1])]

    def verb(which, exclude, expected):
        found = done(pair, bulk(pair, which, every, exclude), timeout=300)
        assert numbers(found) == {"success": expected, "failed": 0, "cancelled": 0}, found

    def statuses():
        found = pair.follower.ok("GET", f"{API}/_bulk_status?pattern={every}")["indices"]
        return {name: status["status"] for name, status in found.items()}

    pair.follower.settings(plugins__replication__follower__bulk_batch_size=25)
    try:
        verb("pause", [spared], 90)
        assert statuses() == {name: "PAUSED" if name in touched else "SYNCING" for name in names}
        pair.leader.bulk([({"index": {"_index": index, "_id": "2"}}, {"n": index}) for index in names])
        verb("resume", [spared, "nothing-of-this-name"], 90)
        for index in names:
            until(lambda: pair.follower.get(index, "2"), 60, f"second document of {index}")
        assert set(statuses().values()) == {"SYNCING"}
        verb("stop", None, 100)
        assert statuses() == {}
        pair.follower.ok("DELETE", "/" + every)
        verb("start", [f"{rules.prefix}-0{tens}*" for tens in range(7)] + [names[99]], 29)
        for index in names[70:99]:
            pair.wait_status(index, "SYNCING")
            until(lambda: pair.follower.get(index, "2"), 60, f"documents of {index}")
        rules.not_there(*names[:70], names[99])
    finally:
        pair.follower.settings(plugins__replication__follower__bulk_batch_size=None)


# ---- refused requests ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fields, text", [
    ({"name": None}, "Missing connection or name in the request"),
    ({"leader_alias": None}, "Missing connection or name in the request"),
    ({"pattern": None}, "Missing pattern"), ({"pattern": None, "patterns": []}, "Missing pattern"),
    ({"patterns": ["x"]}, "[pattern] and [patterns] mean the same"),
    ({"name": "Upper"}, "Value Upper must be lowercase"), ({"name": "a*"}, "must not contain the following characters"),
    ({"pattern": "a?"}, "Autofollow pattern: a? must not contain the following characters"),
    ({"pattern": "a,b"}, "Autofollow pattern: a,b must not contain the following characters"),
    ({"pattern": ""}, "must not be empty"), ({"pattern": "a#"}, "must not contain '#' or ':'"),
    ({"pattern": "_a"}, "must not start with '_' or '-'"), ({"pattern": "x" * 256}, "255"),
    ({"exclude_patterns": ["a b"]}, "Autofollow exclusion: a b must not contain the following characters"),
    ({"follower_index_pattern": "copy"}, "follower_index_pattern must contain the {{leader_index}} placeholder"),
    ({"follower_index_pattern": "C-{{leader_index}}"}, "must be lowercase"),
    ({"use_roles": {"leader_cluster_role": "a"}}, "Need roles for leader_cluster_role and follower_cluster_role"),
    ({"surprise": 1}, "surprise"), ({"pattern": 1}, "pattern"), ({"exclude_patterns": {"a": 1}}, "exclude_patterns"),
    ({"include_hidden": "maybe"}, "include_hidden"), ({"settings": "text"}, "settings"),
    ({"settings": {"index.no_such_setting": 1}}, "no_such_setting"),
])
def test_wrong_rules(pair, name, fields, text):
    rules = Rules(pair, "refused")
    answer = rules.make(fields)
    assert answer.status == 400 and text in answer.reasons(), answer
    assert not [one for one in rules.http.ok("GET", RULES)["rules"] if one["name"] == "refused"]


def test_what_a_path_means(pair, rules):
    """A slash at its end changes nothing, and what belongs into the path is not taken from the parameters."""
    p = rules.prefix
    rules.made()
    assert rules.verb("_pause/?reason=slash").status == 200
    assert (rules.get()["state"], rules.get()["pause_reason"]) == ("PAUSED", "slash")
    unknown = ((RULES + f"?rule={p}", "POST", "rule"), (RULES + f"?rule={p}", "DELETE", "rule"), (RULES + f"?rule={p}", "GET", "rule"),
               (f"{RULES}/{p}/_pause?follower=x", "POST", "follower"), (f"{RULES}/{p}/_resume?reason=x", "POST", "reason"),
               (f"{RULES}/{p}/_tombstones?follower=x", "DELETE", "follower"), (f"{API}/_failover?index=none", "POST", "index"))
    for url, method, parameter in unknown:
        body = {"leader_alias": ALIAS, "name": p, **({"pattern": "x*"} if method == "POST" else {})} if url.startswith(RULES + "?") else None
        answer = pair.follower.request(method, url, body)
        assert answer.status == 400 and (f"unrecognized parameter: [{parameter}]" in answer.text or "pattern is required" in answer.text), (url, answer)
    assert rules.get()["state"] == "PAUSED"
    assert rules.verb("_resume/").status == 200 and rules.get()["state"] == "RUNNING"
    # Which connection it is about need not be said while one rule has the name.
    for answer in (pair.follower.request("DELETE", f"{RULES}/{p}"), pair.follower.request("DELETE", f"{RULES}/{p}/")):
        assert answer.status == 200 and answer.json == {"acknowledged": True}, answer
    assert pair.follower.request("GET", f"{RULES}/{p}").status == 404
    assert pair.follower.request("DELETE", f"{RULES}/{p}*").status == 400


def test_refused_verbs(pair, rules):
    p = rules.prefix
    for method in ("POST", "DELETE"):
        answer = pair.follower.request(method, RULES)
        assert answer.status == 400 and "request body or source parameter is required" in answer.text, answer
    answer = rules.make(leader_alias="nobody")
    assert answer.status == 404 and "no such remote cluster: [nobody]" in answer.reasons(), answer
    rules.made()
    answer = rules.make(pattern="other*")
    assert answer.status == 400, answer
    assert "Exisiting autofollow replication rule cannot be recreated/updated" in answer.reasons()
    assert answer.error["caused_by"]["type"] == "resource_already_exists_exception", answer
    assert rules.get()["patterns"] == [f"{p}-*"], "the rule is as it was"
    for field, text in (("pattern", "Unexpected pattern"),
                        ("follower_index_pattern", "Unexpected follower_index_pattern for remove action")):
        answer = pair.follower.request("DELETE", RULES, {"leader_alias": ALIAS, "name": p, field: "x"})
        assert answer.status == 400 and text in answer.reasons(), answer
    for answer in (rules.update(name=p, pattern="_x"), rules.update(name=p, settings={"index.nothing": 1})):
        assert answer.status == 400, answer
    answer = pair.follower.request("PUT", f"{RULES}/{p}", {"name": "another"})
    assert answer.status == 400 and "another" in answer.reasons(), answer
    for answer in (rules.verb("_pause", name="absent"), rules.verb("_resume", name="absent"),
                   rules.update(name="absent", pattern="x"), pair.follower.request("GET", f"{RULES}/absent"),
                   rules.verb("_dry_run", "GET", name="absent")):
        assert answer.status == 404 and "absent" in answer.reasons(), answer
    assert pair.follower.ok("GET", f"{RULES}/absent*") == {"rules": []}
    for settings, text in (({"index.refresh_interval": None}, "has no value"), ({"index.sort.field": "n"}, "as the leader index has it")):
        answer = rules.update(settings=settings)
        assert answer.status == 400 and text in answer.reasons(), answer
    answer = pair.follower.request("GET", f"{RULES}?surprise=1")
    assert answer.status == 400 and "surprise" in answer.text, answer
