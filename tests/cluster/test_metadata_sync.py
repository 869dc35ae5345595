"""Issue 4, item 2: settings, mapping and aliases of the leader follow at once, without documents, on an idle index."""
import os
import re
import time

import pytest

from harness import config
from harness.load import Writer
from harness.wait import until
from test_lifecycle import reason_tells
from test_metadata import flat_settings, mapping

SYNC_INTERVAL = "plugins.replication.follower.metadata_sync_interval"
POLL_TIMEOUT = "plugins.replication.follower.poll_timeout"
WHITESPACE = {"index.analysis.analyzer.later.type": "custom", "index.analysis.analyzer.later.tokenizer": "whitespace"}


def aliases(cluster, index):
    return cluster.ok("GET", f"/{index}/_alias")[index]["aliases"]


def arrives(pair, what, condition, timeout=30):
    """Waits for the condition and prints how long it took: figures are for people, the cap is for machines."""
    begun = time.monotonic()
    until(condition, timeout, what, interval=0.01)
    print(f"{what}: {(time.monotonic() - begun) * 1000:.0f} ms")


def left_out(status):
    """What the reason of a status names as left out."""
    assert status["reason"].startswith("Left out: "), status
    return set(re.findall(r"(?:setting|alias) \[[^\]]*\](?= \()", status["reason"]))


def change(cluster, index, settings):
    cluster.ok("PUT", f"/{index}/_settings", settings)


def change_static(cluster, index, settings):
    cluster.ok("POST", f"/{index}/_close")
    change(cluster, index, settings)
    cluster.ok("POST", f"/{index}/_open")
    cluster.health(index)


@pytest.fixture
def no_fallback(pair):
    """Nothing is compared and no parked fetch ends while a test waits: what comes, comes because the leader tells of it."""
    pair.follower.settings(**{SYNC_INTERVAL: "10m", POLL_TIMEOUT: "5m"})
    yield
    pair.follower.settings(**{SYNC_INTERVAL: None, POLL_TIMEOUT: None})


def test_idle_index(pair, index, no_fallback):
    """Mapping, alias and dynamic setting, without a single document: told by the leader, not found by a poll."""
    pair.leader.create_index(index, shards=5)
    pair.follow(index)
    pair.caught_up(index)
    before = pair.follower.ok("GET", "/_cluster/state/version")["version"]
    pair.leader.ok("PUT", f"/{index}/_mapping", {"properties": {"silent": {"type": "ip"}}})
    arrives(pair, "mapping", lambda: mapping(pair.follower, index)["properties"]["silent"] == {"type": "ip"})
    pair.leader.ok("POST", "/_aliases", {"actions": [{"add": {
        "index": index, "alias": f"{index}-a", "filter": {"term": {"n": 1}}, "index_routing": "1", "is_hidden": True,
        "is_write_index": True}}]})
    arrives(pair, "alias", lambda: f"{index}-a" in aliases(pair.follower, index))
    assert aliases(pair.follower, index)[f"{index}-a"] == {"filter": {"term": {"n": 1}}, "index_routing": "1",
                                                          "is_hidden": True, "is_write_index": False}
    made = pair.follower.ok("GET", "/_cluster/state/version")["version"] - before
    assert made <= 4, f"{made} cluster states for two changes: each is made once, not for each shard"
    change(pair.leader, index, {"index.refresh_interval": "17s"})
    arrives(pair, "setting", lambda: flat_settings(pair.follower, index).get("index.refresh_interval") == "17s")
    change(pair.leader, index, {"index.refresh_interval": None})
    pair.leader.ok("POST", "/_aliases", {"actions": [{"remove": {"index": index, "alias": f"{index}-a"}}]})
    arrives(pair, "removals", lambda: "index.refresh_interval" not in flat_settings(pair.follower, index)
            and not aliases(pair.follower, index))
    assert pair.status(index)["reason"] == "User initiated"


def test_overrides_and_what_is_not_copied(pair, index):
    pair.leader.create_index(index, replicas=0)
    pair.follow(index, settings={"index.refresh_interval": "3s", "index.number_of_replicas": 0})
    change(pair.leader, index, {"index.refresh_interval": "5s", "index.number_of_replicas": 1, "index.blocks.write": False,
                                "index.routing.allocation.enable": "all", "index.routing.rebalance.enable": "all",
                                "index.soft_deletes.retention_lease.period": "13h",
                                "index.write.wait_for_active_shards": "1", "index.max_result_window": 20000})
    until(lambda: flat_settings(pair.follower, index).get("index.max_result_window") == "20000", 30, "a setting came")
    settings = flat_settings(pair.follower, index)
    assert settings["index.refresh_interval"] == "3s" and settings["index.number_of_replicas"] == "0"
    for key in ("index.blocks.write", "index.routing.allocation.enable", "index.routing.rebalance.enable",
                "index.soft_deletes.retention_lease.period", "index.write.wait_for_active_shards"):
        assert key not in settings, key


def test_replicas_are_the_followers_affair_while_it_expands(pair, index):
    pair.leader.create_index(index, replicas=0)
    pair.follow(index, settings={"index.auto_expand_replicas": "0-1"})
    change(pair.leader, index, {"index.number_of_replicas": 2, "index.max_result_window": 20001})
    until(lambda: flat_settings(pair.follower, index).get("index.max_result_window") == "20001", 30, "a setting came")
    assert flat_settings(pair.follower, index)["index.number_of_replicas"] == "0"


def test_number_of_replicas_follows(pair, index):
    pair.leader.create_index(index, replicas=0)
    pair.follow(index)
    change(pair.leader, index, {"index.number_of_replicas": 2})
    until(lambda: flat_settings(pair.follower, index)["index.number_of_replicas"] == "2", 30, "replicas follow")


def test_static_settings_come_before_the_mapping_that_needs_them(pair, index):
    """An analyzer that is added later: the follower closes for a moment, and the field finds its analyzer."""
    pair.leader.create_index(index, shards=2)
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(200)], index)
    pair.follow(index)
    pair.caught_up(index)
    change_static(pair.leader, index, WHITESPACE)
    pair.leader.ok("PUT", f"/{index}/_mapping", {"properties": {"t": {"type": "text", "analyzer": "later"}}})
    pair.leader.put(index, "later", {"t": "A-b c"}, refresh="true")
    until(lambda: mapping(pair.follower, index)["properties"].get("t") == {"type": "text", "analyzer": "later"}, 60,
          "the analyzed field is mapped")
    assert pair.same(index) == 201
    assert flat_settings(pair.follower, index)["index.analysis.analyzer.later.tokenizer"] == "whitespace"
    pair.follower.refresh(index)
    found = pair.follower.ok("POST", f"/{index}/_search", {"query": {"match": {"t": "A-b"}}})["hits"]["total"]["value"]
    assert found == 1
    blocked = pair.follower.request("PUT", f"/{index}/_doc/x", {})
    assert blocked.status == 403 and "FORBIDDEN/1000" in blocked.text


def test_a_raised_field_limit_goes_before_the_fields(pair, index):
    pair.leader.create_index(index, settings={"index.mapping.total_fields.limit": 10})
    pair.follow(index)
    pair.leader.put(index, "few", {f"f{n}": n for n in range(8)})
    pair.caught_up(index)
    change(pair.leader, index, {"index.mapping.total_fields.limit": 500})
    pair.leader.put(index, "many", {f"g{n}": n for n in range(100)})
    assert pair.same(index) == 2
    assert pair.status(index)["status"] == "SYNCING"


def test_an_alias_that_cannot_be_is_left_out_alone(pair, index):
    """The follower has an index of the alias's name: the status tells, everything else arrives."""
    taken = f"{index}-taken"
    pair.follower.create_index(taken)
    try:
        pair.leader.create_index(index, aliases={taken: {}, f"{index}-old": {}})
        pair.follow(index)
        assert set(aliases(pair.follower, index)) == {f"{index}-old"}
        assert f"alias [{taken}]" in pair.status(index)["reason"]
        pair.leader.ok("POST", "/_aliases", {"actions": [{"add": {"index": index, "alias": f"{index}-free"}}]})
        until(lambda: f"{index}-free" in aliases(pair.follower, index), 30, "the other alias is there")
        assert taken not in aliases(pair.follower, index)
        status = pair.status(index)
        assert status["status"] == "SYNCING" and f"alias [{taken}]" in status["reason"], status
    finally:
        pair.follower.delete_index(taken)


def test_an_alias_of_the_leader_ends_no_writes_here(pair, index):
    """At the start and later: an ordinary index is written through its alias as before, and the status tells what was left out."""
    mine, early, late, said = f"{index}-mine", f"{index}-early", f"{index}-late", f"{index}-said"
    pair.follower.create_index(mine, aliases={early: {}, late: {}, said: {"is_write_index": True}})
    try:
        pair.leader.create_index(index, aliases={early: {}, said: {}})
        pair.follow(index)
        assert set(aliases(pair.follower, index)) == {said}
        assert f"alias [{early}]" in pair.status(index)["reason"]
        pair.leader.ok("POST", "/_aliases", {"actions": [{"add": {"index": index, "alias": late}}]})
        until(lambda: f"alias [{late}]" in pair.status(index).get("reason", ""), 30, "the later alias is left out")
        for alias in (early, late, said):
            assert pair.follower.put(alias, alias, {})["_index"] == mine
    finally:
        pair.follower.delete_index(mine)


SHARDS_MAX = "cluster.max_shards_per_node"


def test_a_dynamic_setting_that_is_refused_is_left_out_alone(pair, index):
    """More copies than the follower cluster allows: told with its words, everything else and every operation arrives."""
    pair.leader.create_index(index)
    pair.follow(index)
    pair.caught_up(index)
    pair.follower.settings(**{SHARDS_MAX: 1, SYNC_INTERVAL: "10m"})
    try:
        change(pair.leader, index, {"index.number_of_replicas": 1, "index.refresh_interval": "19s", "index.max_result_window": 20002})
        pair.leader.ok("PUT", f"/{index}/_mapping", {"properties": {"behind": {"type": "ip"}}})
        pair.leader.put(index, "behind", {"behind": "::1"})
        assert pair.same(index) == 1
        settings = flat_settings(pair.follower, index)
        assert settings["index.number_of_replicas"] == "0", settings
        assert (settings["index.refresh_interval"], settings["index.max_result_window"]) == ("19s", "20002")
        status = reason_tells(pair, index, "this action would add [1] total")
        assert status["status"] == "SYNCING", status
        assert left_out(status) == {"setting [index.number_of_replicas]"}, status
        # With room it comes, although nothing changes on the leader.
        pair.follower.settings(**{SHARDS_MAX: None, SYNC_INTERVAL: "5s"})
        until(lambda: flat_settings(pair.follower, index)["index.number_of_replicas"] == "1", 60, "the copies are wanted")
        until(lambda: pair.status(index)["reason"] == "User initiated", 30, "nothing is left out")
    finally:
        pair.follower.settings(**{SHARDS_MAX: None, SYNC_INTERVAL: None})


def test_a_static_setting_that_is_refused_is_left_out_alone(pair, index):
    """Two analyzers at once, one of whose filter needs a file that only the leader has: the other one arrives."""
    node = pair.leader.nodes[0]
    words = os.path.join(node.home, "config", f"{index}.txt")
    with open(words, "w", encoding="utf-8") as file:
        file.write("the\n")
    config.give(words)
    pair.leader.create_index(index)
    pair.follow(index)
    change_static(pair.leader, index, {
        "index.analysis.filter.far.type": "stop", "index.analysis.filter.far.stopwords_path": f"{index}.txt",
        "index.analysis.analyzer.bad.tokenizer": "standard", "index.analysis.analyzer.bad.filter": ["far"],
        "index.analysis.filter.near.type": "stop", "index.analysis.filter.near.stopwords": ["a"],
        "index.analysis.analyzer.good.tokenizer": "whitespace", "index.analysis.analyzer.good.filter": ["near"]})
    pair.leader.ok("PUT", f"/{index}/_mapping", {"properties": {"t": {"type": "text", "analyzer": "good"}}})
    pair.leader.put(index, "1", {"t": "A-b a"})
    assert pair.same(index) == 1
    pair.follower.refresh(index)
    assert pair.follower.ok("POST", f"/{index}/_search", {"query": {"match": {"t": "A-b"}}})["hits"]["total"]["value"] == 1
    settings = flat_settings(pair.follower, index)
    assert settings["index.analysis.analyzer.good.tokenizer"] == "whitespace"
    assert not [key for key in settings if ".far." in key or ".bad." in key], settings
    status = reason_tells(pair, index, "IOException while reading stopwords_path")
    assert status["status"] == "SYNCING", status
    assert {name.split(".")[3] for name in left_out(status)} == {"far", "bad"}, status


def test_changes_under_load(pair, index):
    """Static and dynamic settings, mappings and aliases change while documents are written: nothing is lost."""
    pair.leader.create_index(index, shards=3, settings={"index.mapping.total_fields.limit": 5000})
    pair.follow(index)
    with Writer(pair.leader, index, threads=2, seed=77, new_fields=True) as writer:
        for n in range(6):
            writer.wait(400)
            change(pair.leader, index, {"index.refresh_interval": f"{n + 1}s"})
            pair.leader.ok("PUT", f"/{index}/_mapping", {"properties": {f"explicit_{n}": {"type": "keyword"}}})
            pair.leader.ok("POST", "/_aliases", {"actions": [{"add": {"index": index, "alias": f"{index}-{n}"}}]})
            writer.wait(400)
    change_static(pair.leader, index, {**WHITESPACE, "index.refresh_interval": "9s"})
    pair.leader.put(index, "last", {"n": 1})
    pair.same(index)
    until(lambda: flat_settings(pair.follower, index).get("index.refresh_interval") == "9s"
          and len(aliases(pair.follower, index)) == 6, 30, "the last changes are there")
    assert mapping(pair.follower, index)["properties"]["explicit_5"] == {"type": "keyword"}
