"""Issue item 1: every kind of document arrives as it was written."""
import base64
import json
import random

from harness.load import log_document


def follow_empty(pair, index, shards=1, **more):
    pair.leader.create_index(index, shards=shards, **more)
    pair.follow(index)


def test_create_update_delete(pair, index):
    follow_empty(pair, index)
    pair.leader.put(index, "a", {"n": 1})
    pair.leader.put(index, "b", {"n": 1})
    pair.leader.put(index, "a", {"n": 2})
    pair.leader.ok("POST", f"/{index}/_update/b", {"doc": {"m": [1, 2], "o": {"k": None}}})
    pair.leader.put(index, "c", {})
    pair.leader.ok("DELETE", f"/{index}/_doc/c")
    pair.leader.put(index, "d", {"x": 1})
    pair.leader.ok("DELETE", f"/{index}/_doc/d")
    pair.leader.put(index, "d", {"x": 2})
    assert pair.same(index) == 3
    assert pair.follower.get(index, "a")["_version"] == 2
    assert pair.follower.get(index, "c") is None
    assert pair.follower.get(index, "d")["_version"] == pair.leader.get(index, "d")["_version"]


def test_automatic_ids_and_routing_over_five_shards(pair, index):
    follow_empty(pair, index, shards=5)
    rng = random.Random(7)
    lines = [({"index": {}}, json.loads(log_document(rng, n))) for n in range(400)]
    lines += [({"index": {"_id": f"r{n}", "routing": f"customer {n % 7}"}}, {"n": n}) for n in range(300)]
    lines += [({"index": {"_id": f"u{n}", "routing": "Zürich/日本?&"}}, {"n": n}) for n in range(20)]
    lines += [({"delete": {"_id": "r5", "routing": "customer 5"}}, None)]
    pair.leader.bulk(lines, index)
    assert pair.same(index) == 719
    assert pair.follower.get(index, "r6", routing="customer 6")["_routing"] == "customer 6"


def test_external_versions(pair, index):
    follow_empty(pair, index)
    pair.leader.put(index, "e", {"n": 1}, version=17, version_type="external")
    pair.leader.put(index, "e", {"n": 2}, version=(1 << 62), version_type="external")
    pair.leader.put(index, "g", {"n": 3}, version=5, version_type="external_gte")
    pair.leader.put(index, "g", {"n": 4}, version=5, version_type="external_gte")
    pair.leader.put(index, "h", {}, version=9, version_type="external")
    pair.leader.ok("DELETE", f"/{index}/_doc/h?version=12&version_type=external")
    assert pair.leader.request("PUT", f"/{index}/_doc/e?version=3&version_type=external", {}).status == 409
    assert pair.same(index) == 2
    assert pair.follower.get(index, "e")["_version"] == 1 << 62


def test_unicode_and_long_ids(pair, index):
    follow_empty(pair, index, shards=2)
    ids = ["x" * 512, "Ω" * 256, "日本語" * 56, "\U0001f600" * 128, "a b", "%2F", "a/b?c=d&e#f", "\"quoted\"\\", "١٢٣", ".",
           "_id"]
    lines = [({"index": {"_id": key}}, {"key": key, "e\u0301": "\u0000\u001f\u2028\U0001f9ff", "ключ": key[::-1]})
             for key in ids]
    for item in pair.leader.bulk(lines, index):
        assert item["index"]["status"] == 201, item
    pair.leader.bulk([({"delete": {"_id": "\U0001f600" * 128}}, None)], index)
    assert pair.same(index) == len(ids) - 1


def test_a_text_keeps_its_spelling(pair, index):
    """What two texts may differ in and still mean the same: each arrives to the byte, on the way of a batch and of a copy."""
    texts = [' { "a" : 1.00,\t"b":1e2 , "e":"\\u00e9é", "s":"\\/" }  ', '{"n":12345678901234567890123456789.10,"z":-0.0,"b":1E+2}',
             '{"o":{"y":1,"x":{ }},"l":[ ],"c":"\\u2028\\ud83d\\ude00"}', '{"_source":{"_id":"x"},"t":"\\",\\"_source\\":{}}"}', "{}",
             '{"hits":[{"_index":"i"}],\n"sort":[1]}\r\n']
    pair.leader.create_index(index, mappings={"enabled": False})
    for n, text in enumerate(texts):
        pair.leader.put(index, f"before-{n}", text)
    pair.follow(index)
    for n, text in enumerate(texts):
        pair.leader.put(index, f"after-{n}", text)
        pair.leader.put(index, f"routed-{n}", text, routing=f'"{n}",\\')
    assert pair.same(index) == 3 * len(texts)
    for n, text in enumerate(texts):
        for where in ("before", "after"):
            assert pair.follower.request("GET", f"/{index}/_source/{where}-{n}").body == text.encode(), text


def test_nested_documents(pair, index):
    mapping = {"properties": {"comments": {"type": "nested", "properties": {"author": {"type": "keyword"}}}}}
    follow_empty(pair, index, mappings=mapping)
    for n in range(60):
        pair.leader.bulk([({"index": {"_id": f"n{n % 40}"}},
                           {"n": n, "comments": [{"author": f"a{k}", "stars": k} for k in range(n % 30)]})], index)
    pair.leader.bulk([({"delete": {"_id": "n3"}}, None)], index)
    assert pair.same(index) == 39
    query = {"query": {"nested": {"path": "comments", "query": {"term": {"comments.author": "a3"}}}}, "size": 0,
             "track_total_hits": True}
    totals = [cluster.ok("POST", f"/{index}/_search", query)["hits"]["total"]
              for cluster in (pair.leader, pair.follower)]
    assert totals[0] == totals[1] and totals[0]["value"] > 0


def test_thousand_field_documents(pair, index):
    settings = {"index.mapping.total_fields.limit": 5000}
    follow_empty(pair, index, settings=settings)
    for n in range(6):
        fields = {f"field_{k}": (k * n if k % 2 else f"value {k}") for k in range(1000)}
        pair.leader.put(index, f"wide-{n}", fields)
    assert pair.same(index, page=2) == 6
    mappings = [cluster.ok("GET", f"/{index}/_mapping")[index] for cluster in (pair.leader, pair.follower)]
    assert mappings[0] == mappings[1]


def test_twenty_megabyte_documents(pair, index):
    follow_empty(pair, index, mappings={"properties": {"blob": {"type": "binary"}, "text": {"enabled": False}}})
    rng = random.Random(3)
    noise = base64.b64encode(rng.randbytes(3 << 18)).decode()
    pair.leader.put(index, "before", {"n": 1})
    pair.leader.put(index, "big-noise", {"blob": noise * 20})
    pair.leader.put(index, "between", {"n": 2})
    pair.leader.put(index, "big-text", {"text": [{"line": "the same words over and over " * 20} for _ in range(34000)]})
    pair.leader.put(index, "after", {"n": 3})
    assert pair.same(index, page=1) == 5
    assert pair.status(index)["status"] == "SYNCING"


def test_documents_that_exist_at_start_are_bootstrapped(pair, index):
    pair.leader.create_index(index, shards=2)
    rng = random.Random(11)
    pair.leader.bulk([({"index": {"_id": f"d{n}"}}, json.loads(log_document(rng, n))) for n in range(3000)], index)
    pair.leader.bulk([({"delete": {"_id": f"d{n}"}}, None) for n in range(0, 3000, 7)], index)
    pair.leader.ok("POST", f"/{index}/_flush")
    pair.leader.bulk([({"index": {"_id": f"d{n}"}}, {"after": "flush"}) for n in range(0, 3000, 11)], index)
    pair.follow(index)
    count = pair.same(index)
    pair.leader.put(index, "later", {"n": 1})
    assert pair.same(index) == count + 1


def test_one_index_followed_under_two_names(pair, index):
    follow_empty(pair, index)
    other = index + "-second"
    pair.follow(index, other)
    try:
        pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(500)], index)
        assert pair.same(index) == 500
        assert pair.same(index, other) == 500
    finally:
        pair.stop_replication(other)
        pair.follower.delete_index(other)
