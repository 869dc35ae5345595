"""Mapping changes, settings and aliases, and names with special characters."""
import pytest

from harness.cluster import path
from harness.load import Writer
from harness.pair import ALIAS
from harness.wait import until


def mapping(cluster, index):
    return cluster.ok("GET", f"/{index}/_mapping")[index]["mappings"]


def flat_settings(cluster, index):
    return cluster.ok("GET", f"/{index}/_settings?flat_settings=true")[index]["settings"]


def test_dynamic_mapping(pair, index):
    pair.leader.create_index(index)
    pair.follow(index)
    for n in range(40):
        pair.leader.put(index, f"{n}", {f"text_{n}": "words", f"number_{n}": n, f"object_{n}": {"deep": {"er": True}}})
    assert pair.same(index) == 40
    assert mapping(pair.leader, index) == mapping(pair.follower, index)


def test_strict_mapping_with_explicit_changes(pair, index):
    pair.leader.create_index(index, shards=2, mappings={"dynamic": "strict", "properties": {"a": {"type": "keyword"}}})
    pair.follow(index)
    for n in range(12):
        pair.leader.ok("PUT", f"/{index}/_mapping", {"properties": {f"f{n}": {"type": "integer"},
                                                                    f"o{n}": {"properties": {"t": {"type": "date"}}}}})
        pair.leader.bulk([({"index": {}}, {"a": "x", f"f{n}": k, f"o{n}": {"t": "2026-01-01"}}) for k in range(20)],
                         index)
    assert pair.same(index) == 240
    assert mapping(pair.leader, index) == mapping(pair.follower, index)


def test_explicit_mapping_wins_over_what_dynamic_would_choose(pair, index):
    """The field is mapped on the leader just before its first document: the follower must not guess another type."""
    pair.leader.create_index(index)
    pair.follow(index)
    pair.leader.put(index, "0", {"n": 0})
    pair.caught_up(index)
    pair.leader.ok("PUT", f"/{index}/_mapping", {"properties": {"code": {"type": "keyword"},
                                                                "where": {"type": "geo_point"}}})
    pair.leader.put(index, "1", {"code": 17, "where": {"lat": 1.5, "lon": 2.5}})
    assert pair.same(index) == 2
    assert mapping(pair.follower, index)["properties"]["code"] == {"type": "keyword"}
    assert mapping(pair.follower, index)["properties"]["where"] == {"type": "geo_point"}


def test_mapping_changes_under_load(pair, index):
    pair.leader.create_index(index, shards=5, settings={"index.mapping.total_fields.limit": 5000})
    pair.follow(index)
    with Writer(pair.leader, index, threads=3, seed=51, new_fields=True) as writer:
        for n in range(10):
            writer.wait(600)
            pair.leader.ok("PUT", f"/{index}/_mapping", {"properties": {f"explicit_{n}": {"type": "keyword"}}})
            pair.leader.put(index, f"explicit-{n}", {f"explicit_{n}": n})
    pair.same(index)
    # A field that no document has used yet may come later; every field of a document must be the leader's.
    ours, theirs = mapping(pair.follower, index)["properties"], mapping(pair.leader, index)["properties"]
    assert all(theirs.get(field) == entry for field, entry in ours.items())


def test_settings_and_aliases_at_start(pair, index):
    analysis = {"index.analysis.analyzer.mine.type": "custom", "index.analysis.analyzer.mine.tokenizer": "whitespace",
                "index.analysis.analyzer.mine.filter": ["lowercase"], "index.refresh_interval": "7s",
                "index.codec": "best_compression"}
    aliases = {f"{index}-read": {}, f"{index}-some": {"filter": {"term": {"n": 1}}, "routing": "r1"},
               f"{index}-write": {"is_write_index": True}}
    pair.leader.create_index(index, shards=3, settings=analysis, aliases=aliases,
                             mappings={"properties": {"t": {"type": "text", "analyzer": "mine"},
                                                      "n": {"type": "long"}}})
    pair.leader.put(index, "1", {"t": "Some WORDS", "n": 1})
    pair.follow(index, settings={"index.refresh_interval": "11s", "index.number_of_replicas": 0})
    assert pair.same(index) == 1
    settings = flat_settings(pair.follower, index)
    assert settings["index.number_of_shards"] == "3" and settings["index.refresh_interval"] == "11s"
    assert settings["index.codec"] == "best_compression"
    assert settings["index.analysis.analyzer.mine.tokenizer"] == "whitespace"
    assert settings["index.plugins.replication.follower.leader_index"] == f"{ALIAS}:{index}"
    found = pair.follower.ok("GET", f"/{index}/_alias")[index]["aliases"]
    assert set(found) == set(aliases)
    assert found[f"{index}-some"] == {"filter": {"term": {"n": 1}}, "index_routing": "r1", "search_routing": "r1"}
    assert not found[f"{index}-write"].get("is_write_index")
    hits = pair.follower.ok("POST", f"/{index}/_search", {"query": {"match": {"t": "words"}}})["hits"]["total"]["value"]
    assert hits == 1


def test_leader_keeps_its_settings(pair, index):
    """Nothing is written into the leader index's settings: there is nothing to undo after _stop."""
    pair.leader.create_index(index)
    before = flat_settings(pair.leader, index)
    pair.follow(index)
    pair.leader.put(index, "1", {})
    pair.caught_up(index)
    assert flat_settings(pair.leader, index) == before


@pytest.mark.parametrize("leader_name, follower_name", [
    ("a+b", "a+b"), ("a(b)", "a(b)"), ("a[b", "a[b"), ("a^b$c", "a^b$c"), ("plain-leader", "x$1"), ("a(b&c", "x$0y"),
    ("dots.in.name", "x{1}"), ("日本", "ελληνικά"),
])
def test_names_with_special_characters(pair, leader_name, follower_name):
    pair.drop(leader_name, follower_name)
    pair.leader.create_index(leader_name)
    try:
        pair.leader.put(leader_name, "1", {"n": 1})
        pair.follow(leader_name, follower_name)
        pair.leader.put(leader_name, "2", {"n": 2})
        assert pair.same(leader_name, follower_name) == 2
        assert pair.follower.request("HEAD", path(follower_name)).status == 200
        pair.pause(follower_name)
        assert pair.resume(follower_name).status == 200
        pair.leader.put(leader_name, "3", {"n": 3})
        assert pair.same(leader_name, follower_name) == 3
    finally:
        pair.drop(leader_name, follower_name)


def test_mapping_that_was_put_without_documents_arrives_with_the_next_one(pair, index):
    pair.leader.create_index(index)
    pair.follow(index)
    pair.leader.ok("PUT", f"/{index}/_mapping", {"properties": {"later": {"type": "ip"}}})
    pair.leader.put(index, "1", {"n": 1})
    pair.caught_up(index)
    pair.leader.put(index, "2", {"later": "10.0.0.1"})
    pair.caught_up(index)
    until(lambda: mapping(pair.follower, index)["properties"].get("later") == {"type": "ip"}, 30, "the field is mapped")
    assert pair.same(index) == 2
