"""A leader that lies over the real transport protocol, in the clear and with certificates that are in order."""
import glob
import os
import random
import zlib

import pytest

from harness.frames import forge, operations
from harness.impostor import Impostor, batch_of
from harness.pair import path
from harness.wait import until
from harness.wire import Out
from permissions import FILES, READ

ALIAS = "impostor"


class Stage:
    """A pair whose follower knows the leader through an impostor, too."""

    def __init__(self, pair):
        self.pair = pair
        authority = pair.leader.users.guard.authority if pair.secure else None
        self.impostor = Impostor(pair.leader.nodes[0].transport_port, authority)
        pair.connect(ALIAS, self.impostor)

    def close(self):
        self.impostor.honest()
        self.pair.follower.settings(**{f"cluster.remote.{ALIAS}.proxy_address": None, f"cluster.remote.{ALIAS}.mode": None})
        self.impostor.close()

    def lie(self, action, change, times=2):
        """The next answers are changed, then it is honest again."""
        def rule(body):
            if self.impostor.taken >= times:
                return body
            return change(body)
        self.impostor.lie(action, rule)


@pytest.fixture(scope="module", params=["plain", "secured"])
def stage(request):
    stage = Stage(request.getfixturevalue("pair" if request.param == "plain" else "secure_pair"))
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def followed(stage):
    """An index that is followed through the impostor."""
    index = "lied-about"
    stage.pair.leader.create_index(index, settings={"index.refresh_interval": "-1"})
    for number in range(20):
        stage.pair.leader.put(index, f"old-{number}", {"text": "something that repeats " * 5, "n": number})
    stage.pair.follow(index, alias=ALIAS)
    yield index
    stage.impostor.honest()
    stage.pair.drop(index)


def _bits(body):
    frame = bytearray(batch_of(body))
    chance = random.Random(len(frame))
    for _ in range(3):
        frame[chance.randrange(len(frame))] ^= 1 << chance.randrange(8)
    return bytes(frame)


FRAMES = {
    "nothing": lambda frame: b"",
    "half": lambda frame: frame[:len(frame) // 2],
    "one-byte-less": lambda frame: frame[:-1],
    "more": lambda frame: frame + b"more" * 50,
    "foreign": lambda frame: b"PK\x03\x04" + frame[4:],
    "no-preamble": lambda frame: frame[:11],
    "header-length": lambda frame: frame[:4] + b"\xff\xff\xff\xff" + frame[8:],
    "newer-version": lambda frame: forge(frame, version=99),
    "unknown-codec": lambda frame: forge(frame, codec=77),
    "bomb": lambda frame: forge(frame, raw_bytes=0xFFFFFFFF),
    "bomb-within-limits": lambda frame: forge(frame, raw_bytes=60 << 20),
    "packed-length": lambda frame: forge(frame, packed_bytes=0xFFFFFFFF),
    "too-many": lambda frame: forge(frame, ops=0xFFFFFFFF),
    "other-operations": lambda frame: forge(frame, from_seq_no=1 << 40),
    "negative": lambda frame: forge(frame, from_seq_no=-5),
    "checkpoint": lambda frame: forge(frame, global_checkpoint=(1 << 63) - 1),
    "foreign-prefix": lambda frame: forge(frame, prefix_bytes=9999),
    "checksum": lambda frame: forge(frame, checksum=b"\x01\x02\x03\x04"),
}
BODIES = {**{name: lambda body, change=change: Out().blob(change(batch_of(body))).data for name, change in FRAMES.items()},
          "bits": lambda body: Out().blob(_bits(body)).data,
          "length-of-the-answer": lambda body: b"\xff\xff\xff\xff\x07" + body[1:],
          "no-answer-at-all": lambda body: b""}


SECURED = {"bits", "bomb", "no-answer-at-all"}  # what TLS carries makes no difference to the core


@pytest.mark.parametrize("name", BODIES)
def test_lies_about_operations(stage, followed, name):
    """Each lie is found out before anything of it reaches the index, and when it is over, everything is there."""
    pair = stage.pair
    if pair.secure and name not in SECURED:
        pytest.skip("the core sees the same with and without TLS: told without")
    stage.lie(READ, BODIES[name])
    pair.leader.put(followed, name, {"text": "something that repeats " * 5, "lie": name})
    until(lambda: stage.impostor.taken >= 2, 60, "two answers were changed")
    assert pair.same(followed) > 20
    until(lambda: pair.status(followed)["status"] == "SYNCING" and pair.status(followed)["reason"] == "User initiated", 60,
          "no trouble is left")


def test_a_lie_that_does_not_end(stage, followed):
    """The follower says what is wrong instead of taking it or asking in a rage; told the truth again, it can go on."""
    pair = stage.pair
    pair.follower.settings(plugins__replication__follower__backoff_max="100ms")
    stage.lie(READ, BODIES["checksum"], times=10 ** 6)
    try:
        pair.leader.put(followed, "last", {"n": 1})
        told = until(lambda: next((s for s in [pair.status(followed)] if s["reason"] != "User initiated"), None), 60, "trouble is told")
        assert told["status"] in ("SYNCING", "PAUSED"), told
        until(lambda: pair.status(followed)["status"] == "PAUSED", 60, "it gives up")
        assert stage.impostor.taken < 100
    finally:
        stage.impostor.honest()
        pair.follower.settings(plugins__replication__follower__backoff_max=None)
    assert pair.resume(followed).status == 200
    assert pair.same(followed) > 20


@pytest.mark.parametrize("origin", [b"8 bytes!", bytes(8)], ids=["another", "none"])
def test_operations_of_another_history(stage, name, origin):
    """Well-made operations that name another history, or none: not one is applied, and it is called what it is."""
    pair = stage.pair
    index = f"{name}-{'s' if pair.secure else 'p'}"
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    try:
        pair.follow(index, alias=ALIAS)
        assert pair.same(index) == 1

        def lie(body):  # another follower's poll may end meanwhile: it has no operations
            frame = batch_of(body)
            return Out().blob(forge(frame, origin=origin)).data if operations(frame) else body
        stage.lie(READ, lie, times=10 ** 6)
        pair.leader.put(index, "2", {"n": 2})
        status = pair.wait_status(index, "PAUSED")
        assert "names origin 0x" in status["reason"] and "not the one any more" in status["reason"], status
        refused = pair.resume(index)
        assert refused.status == 404 and "force_resume" in refused.reasons(), refused
        pair.follower.refresh(index)
        assert pair.follower.ok("GET", path(index, "_count"))["count"] == 1
        stage.impostor.honest()
        assert pair.resume(index, {"force_resume": True}).status == 200
        pair.wait_status(index, "SYNCING")
        assert pair.same(index) == 2
    finally:
        stage.impostor.honest()
        pair.drop(index)


def test_silence_holds_up_nobody_else(stage, followed, name):
    """A poll that is never answered; another index of the same leader goes on."""
    pair = stage.pair
    stage.lie(READ, lambda body: None, times=1)
    pair.leader.put(followed, "into the dark", {"n": 1})
    until(lambda: stage.impostor.taken, 60, "an answer was withheld")
    other = f"other-{'s' if pair.secure else 'p'}"
    pair.leader.create_index(other)
    pair.leader.put(other, "1", {"n": 1})
    try:
        pair.follow(other, alias=ALIAS)
        assert pair.same(other) == 1
        assert pair.pause(followed).status == 200  # nor is the silent one stuck
        pair.wait_status(followed, "PAUSED")
        assert pair.resume(followed).status == 200
        assert pair.same(followed) > 20
    finally:
        pair.drop(other)


def _everywhere(pair, name):
    home = pair.follower.nodes[0].home
    return glob.glob(os.path.join(home, "**", name), recursive=True) + glob.glob(os.path.join(home, "..", name))


@pytest.mark.parametrize("old,new", [(b"segments_", b"../../../"), (b".si", b"/si"), (b".cfs", b"\x00cfs"), (b"_0.", b"../")],
                         ids=["above", "folder", "nul", "sibling"])
def test_names_of_files_stay_in_the_shard(stage, name, old, new):
    """A commit with files elsewhere is not copied, and no name of it is ever opened."""
    pair = stage.pair
    index = f"{name}-{'s' if pair.secure else 'p'}"
    pair.leader.create_index(index)
    pair.leader.put(index, "1", {"n": 1})
    pair.leader.ok("POST", path(index, "_flush") + "?force=true")
    before = set(_everywhere(pair, "*"))
    stage.lie(FILES, lambda body: body.replace(old, new), times=10 ** 6)
    try:
        pair.start_replication(index, alias=ALIAS)
        status = pair.wait_status(index, "FAILED")
        assert "file" in status["reason"], status
        stage.impostor.honest()
        outside = {found for found in set(_everywhere(pair, "*")) - before
                   if not found.startswith((os.path.join(pair.follower.nodes[0].home, "data"),
                                            os.path.join(pair.follower.nodes[0].home, "logs")))}
        assert outside == set()
        assert pair.follower.request("HEAD", path(index)).status == 404  # nothing half-made is left
    finally:
        stage.impostor.honest()
        pair.drop(index)


@pytest.mark.parametrize("kind", ["bits", "half", "nothing", "answer"])
def test_lies_about_files(stage, name, kind):
    """Damaged chunks are asked for again; the copy is whole in the end."""
    pair = stage.pair
    index = f"{name}-{'s' if pair.secure else 'p'}"
    pair.leader.create_index(index)
    for number in range(50):
        pair.leader.put(index, str(number), {"n": number})
    pair.leader.ok("POST", path(index, "_flush") + "?force=true")

    def lie(body):
        if body[:2] != b"\x00\x00":  # not a chunk
            return body
        if kind == "answer":
            return body[:1]
        changed = bytearray(body)
        if kind == "bits":
            changed[len(body) // 2] ^= 4
        elif kind == "half":
            changed = body[:3] + Out().blob(body[8:len(body) // 2]).data
        else:
            changed = body[:3] + b"\x00"
        return bytes(changed)

    lies = []

    def rule(body):
        if len(lies) >= 3:
            return body
        changed = lie(bytes(body))
        if changed != bytes(body):
            lies.append(1)
        return changed
    stage.impostor.lie(FILES, rule)
    try:
        pair.follow(index, alias=ALIAS)
        assert lies
        assert pair.same(index) == 50
    finally:
        stage.impostor.honest()
        pair.drop(index)


def test_lies_about_metadata(stage, name):
    """What the leader says of its cluster is nonsense: _start says so and makes nothing."""
    pair = stage.pair
    index = f"{name}-{'s' if pair.secure else 'p'}"
    pair.leader.create_index(index)
    stage.lie("cluster:monitor/state", lambda body: body[: len(body) // 2], times=10 ** 6)
    try:
        answer = pair.start_replication(index, alias=ALIAS)
        assert answer.status >= 400 and "stack_trace" not in answer.text, answer
        stage.impostor.honest()
        assert pair.follower.request("HEAD", path(index)).status == 404
        assert pair.status(index) == {"status": "REPLICATION NOT IN PROGRESS"}
        pair.follow(index, alias=ALIAS)
    finally:
        stage.impostor.honest()
        pair.drop(index)


def _bomb(index):
    """A rule that puts 17 MiB of mapping, packed to some KB, in place of the index's own."""
    plain = b'{"_doc":' + b" " * (17 << 20) + b'{"properties":{}}}'
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"DFL\x00" + packer.compress(plain) + packer.flush()
    packed = Out().raw(zlib.crc32(plain).to_bytes(4, "big")).blob(bomb).data

    def rule(body):
        at = body.find(b"DFL\x00")
        if at < 0 or index.encode() not in body:
            return body
        unpacker = zlib.decompressobj(-15)
        unpacker.decompress(body[at + 4:])
        end = len(body) - len(unpacker.unused_data)
        length = bytes(Out().vint(end - at).data)
        assert body[:at].endswith(length), "a mapping is its checksum, its length and its bytes"
        return body[:at - len(length) - 4] + bytes(packed) + body[end:]
    return rule


def test_a_mapping_that_unpacks_to_too_much(stage, name):
    """Refused by the node that asked, before a cluster manager sees it: at the start, and when it comes later."""
    pair = stage.pair
    index = f"{name}-{'s' if pair.secure else 'p'}"
    text = "has a mapping and alias filters of more than 16777216 bytes"
    pair.leader.create_index(index, mappings={"properties": {"n": {"type": "long"}}})
    stage.impostor.lie("cluster:monitor/state", _bomb(index))
    try:
        refused = pair.start_replication(index, alias=ALIAS)
        assert stage.impostor.taken and refused.status == 400 and f"[{index}] {text}" in refused.reasons(), refused
        assert pair.follower.request("HEAD", path(index)).status == 404
        stage.impostor.honest()
        pair.follow(index, alias=ALIAS)
        stage.impostor.lie("cluster:monitor/state", _bomb(index))
        pair.leader.put(index, "1", {"another": 1})
        told = until(lambda: next((s for s in [pair.status(index)] if text in s["reason"]), None), 60, "the status tells it")
        mapping = pair.follower.ok("GET", path(index, "_mapping"))[index]["mappings"]
        assert mapping == {"properties": {"n": {"type": "long"}}}, mapping
        stage.impostor.honest()
        if told["status"] != "SYNCING":
            assert pair.wait_status(index, "PAUSED") and pair.resume(index).status == 200
        assert pair.same(index) == 1
    finally:
        stage.impostor.honest()
        pair.drop(index)
