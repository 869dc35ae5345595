"""The codec setting: what goes over the link is packed, and how is chosen by a setting."""
import json
import random

import pytest

from harness.load import log_document

_sizes = {}


@pytest.mark.parametrize("codec", ["none", "lz4", "zstd"])
def test_codec_and_bytes(pair, index, codec):
    pair.leader.create_index(index)
    pair.follower.settings(plugins__replication__follower__codec=codec)
    try:
        pair.follow(index)
        rng = random.Random(9)
        documents = [log_document(rng, n) for n in range(6000)]
        plain = sum(len(document) for document in documents)
        before = pair.link.stats()["down"]
        for start in range(0, len(documents), 1000):
            pair.leader.bulk([({"index": {"_id": f"{start + n}"}}, json.loads(text))
                              for n, text in enumerate(documents[start:start + 1000])], index)
        pair.caught_up(index)
        moved = pair.link.stats()["down"] - before
    finally:
        pair.follower.settings(plugins__replication__follower__codec=None)
    print(f"{codec}: {moved / len(documents):.0f} bytes per document of {plain / len(documents):.0f}")
    _sizes[codec] = moved
    assert pair.same(index) == 6000
    bound = {"none": 1.5, "lz4": 0.5, "zstd": 0.4}[codec]
    assert moved < plain * bound
    if codec == "none":
        assert moved > plain * 0.9
    if len(_sizes) == 3:
        assert _sizes["zstd"] < _sizes["lz4"] < _sizes["none"]


def test_wrong_codec_is_refused(pair):
    answer = pair.follower.request("PUT", "/_cluster/settings",
                                   {"persistent": {"plugins.replication.follower.codec": "brotli"}})
    assert answer.status == 400 and "brotli" in answer.text


def test_single_documents_are_packed_with_those_before(pair, index):
    """A document alone compresses like a batch, because the packer knows what the follower holds already."""
    pair.leader.create_index(index)
    pair.follow(index)
    rng = random.Random(10)
    texts = [log_document(rng, n) for n in range(120)]
    for n, text in enumerate(texts[:60]):
        pair.leader.put(index, f"{n}", json.loads(text))
    pair.caught_up(index)
    before = pair.link.stats()["down"]
    for n, text in enumerate(texts[60:]):
        pair.leader.put(index, f"{60 + n}", json.loads(text))
        pair.caught_up(index)
    per_document = (pair.link.stats()["down"] - before) / 60
    print(f"{per_document:.0f} bytes per single document, headers included")
    assert pair.same(index) == 120
    assert per_document < 1500
