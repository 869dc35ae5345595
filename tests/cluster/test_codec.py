"""The codec setting: what goes over the link is packed, and how is chosen by a setting."""
import json
import random

import pytest

from harness.load import log_document
from harness.wait import until

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


def test_level(pair, index):
    """The same documents with zstd's fastest level and with its highest."""
    rng = random.Random(9)
    lines = [({"index": {}}, json.loads(log_document(rng, n))) for n in range(2000)]
    pair.leader.create_index(index)
    pair.follow(index)

    def packed(level):
        pair.follower.settings(plugins__replication__follower__level=level)
        # The fetch that waits already asks for the level before.
        pair.leader.bulk(lines[:1], index)
        pair.caught_up(index)
        before = pair.link.stats()["down"]
        pair.leader.bulk(lines, index)
        pair.caught_up(index)
        return pair.link.stats()["down"] - before
    try:
        fast, small = packed(-7), packed(19)
    finally:
        pair.follower.settings(plugins__replication__follower__level=None)
    print(f"level -7: {fast / len(lines):.0f} bytes per document, level 19: {small / len(lines):.0f}")
    assert small < 0.85 * fast


def test_wrong_codec_is_refused(pair):
    answer = pair.follower.request("PUT", "/_cluster/settings",
                                   {"persistent": {"plugins.replication.follower.codec": "brotli"}})
    assert answer.status == 400 and "brotli" in answer.text


def test_single_documents_are_packed_with_those_before(pair, index):
    """A document alone compresses like a batch, because the packer knows what the follower holds already."""
    pair.leader.create_index(index)
    pair.follow(index)
    rng = random.Random(10)

    def packed():
        """Wire bytes of a plain byte, over documents of which each travels alone."""
        found = []
        for n in range(12):  # the first few are what the others are packed with
            pair.leader.put(index, f"{rng.random()}", log_document(rng, n))
            pair.caught_up(index)
            moved = until(lambda: (told := _transferred(pair, index))["operations_read"] == pair.leader.primary_checkpoints(index)[0][0] + 1
                          and told, 60, "every operation is counted")
            found.append((moved["wire_bytes"], moved["bytes"]))
        return (found[-1][0] - found[3][0]) / (found[-1][1] - found[3][1])
    with_those_before = packed()
    pair.follower.settings(plugins__replication__follower__prefix_size="0b")
    try:
        alone = packed()
    finally:
        pair.follower.settings(plugins__replication__follower__prefix_size=None)
    print(f"single documents: {with_those_before:.2f} of their bytes with those before, {alone:.2f} alone")
    assert pair.same(index) == 24
    assert with_those_before < 0.6 * alone


def _transferred(pair, index):
    return pair.follower.ok("GET", pair.url(index, "_status") + "?detailed=true")["details"]["transferred"]
