"""A follower that asks for absurd things, spoken by hand over the real transport protocol; in the clear and with certificates."""
import random
import socket
import struct
import time

import pytest

from harness import frames
from harness.guard import LEADER_ROLE
from harness.pair import path
from harness.wait import until
from harness.wire import HEADER, VERSION, Out, Peer
from permissions import FILES, READ, SETUP

UINT, INT63 = 0xFFFFFFFF, (1 << 63) - 1
ANSWER_MAX = 80 << 20  # bytes: what one answer may have at the very most
PROBE, OPEN, CHUNK, RELEASE, DIGEST = range(5)


TIMEOUTS = (Out().vint(60).byte(3).data) * 2  # 30 s, zigzag, and their unit


def texts(out, values):
    """A list of strings."""
    out.vint(len(values))
    for value in values:
        out.text(value)
    return out


class Target:
    """A leader index that an honest follower follows, and how to reach its node as a follower's node would."""

    def __init__(self, pair, index="besieged"):
        self.pair, self.index = pair, index
        pair.leader.create_index(self.index)
        for number in range(10):
            pair.leader.put(self.index, str(number), {"n": number})
        pair.follow(self.index)
        self.uuid = pair.leader.ok("GET", f"/{self.index}/_settings?flat_settings")[self.index]["settings"]["index.uuid"]
        self.tls = None
        if pair.secure:
            authority = pair.leader.users.guard.authority
            self.tls = authority.context(authority.issue("scripted", "follower"))

    def peer(self, role=LEADER_ROLE, tls=True):
        headers = {}
        if self.pair.secure and role:
            headers["opendistro_security_injected_roles_header"] = f"somebody|{role}"
        return Peer(self.pair.leader.nodes[0].transport_port, self.tls if tls else None, headers)

    def start_of_request(self, index=None):
        """What every request about one shard begins with: no parent task, no inner shard, the index."""
        return Out().vint(0).byte(0).optional_text(self.index if index is None else index)

    def read(self, index=None, uuid=None, shard=0, message=None, **fields):
        """The body of a request for operations."""
        if message is None:
            message = wish(**fields)
        out = self.start_of_request(index).shard(self.index if index is None else index, uuid or self.uuid, shard)
        return out.blob(message).data

    def files(self, kind, session="s", shard=0, uuid="", index=None, name=None, offset=0, length=1000, codec=0, level=0):
        out = self.start_of_request(index).vint(kind).vint(shard)
        out.optional_text(self.uuid if uuid == "" else uuid).text(session)
        if kind == CHUNK:
            out.text(name).vint(offset).vint(length).vint(codec).int(level)
        return out.data

    def digest(self, first=0, last=9, width=1, most=1000, known=-1, as_of=-1, ids=()):
        """A question for the digests of documents, or for the newest operation on some."""
        out = Out().raw(self.files(DIGEST, session="")).long(first).long(last).int(width).int(most).long(known).long(as_of)
        return texts(out.long(6).long(7), ids).data

    def listing(self, patterns, token=0, wait=0):
        """A question for the leader's indices."""
        out = Out().vint(0).raw(TIMEOUTS).text("c").text("").byte(0).byte(1)  # no parent, no index, no role, but a listing
        return texts(out, patterns).long(token).vint(wait).data

    def next_seq_no(self):
        """The first operation that is not there yet: a poll for it waits, one for a later is that of a follower ahead."""
        (index,) = self.pair.leader.ok("GET", f"/{self.index}/_stats?level=shards")["indices"].values()
        return index["shards"]["0"][0]["seq_no"]["max_seq_no"] + 1

    def unharmed(self):
        """The leader goes on, and so does the honest follower."""
        self.pair.leader.put(self.index, f"after-{time.monotonic_ns()}", {"n": 1})
        assert self.pair.same(self.index) > 10
        assert self.pair.status(self.index)["status"] == "SYNCING"


WISH = {"version": 1, "from_seq_no": 2, "last_seq_no": 3, "max_bytes": 4, "max_ops": 5, "wait_ms": 6, "codec": 7, "level": 8,
        "prefix_first_seq_no": 9, "prefix_last_seq_no": 10, "prefix_bytes": 11, "history_uuid": 13}


def wish(**fields):
    """A ReadRequest; an ordinary one but for what is named."""
    values = {"version": 1, "from_seq_no": 0, "last_seq_no": -1, "max_bytes": 65536, "max_ops": 100, **fields}
    message = [(WISH[name], frames.BYTES if isinstance(value, bytes) else frames.VARINT, value) for name, value in values.items()]
    return frames.build(sorted(message, key=lambda field: field[0]))


@pytest.fixture(scope="module", params=["plain", "secured"])
def target(request):
    pair = request.getfixturevalue("pair" if request.param == "plain" else "secure_pair")
    target = Target(pair)
    yield target
    pair.drop(target.index)


def test_an_honest_request_is_answered(target):
    """The scripted peer speaks well enough to be understood: what follows is refused for what it says."""
    with target.peer() as peer:
        error, body = peer.call(READ, target.read())
        assert not error and b"CCRB" in body[:16], body[:300]
        error, body = peer.call(FILES, target.files(PROBE, uuid=None))
        assert not error and target.uuid.encode() in body, body[:300]


ABSURD_WISHES = [
    {"max_bytes": UINT, "max_ops": UINT}, {"max_bytes": UINT >> 1, "max_ops": UINT >> 1}, {"max_bytes": 0, "max_ops": 0}, {"from_seq_no": INT63}, {"from_seq_no": -1},
    {"from_seq_no": 5, "last_seq_no": 1}, {"last_seq_no": -9}, {"version": 0}, {"version": 99}, {"codec": 99},
    {"codec": 1, "level": UINT}, {"codec": 1, "level": UINT - 1}, {"codec": 2, "level": UINT}, {"history_uuid": b"x" * 3000},
    {"prefix_first_seq_no": -7, "prefix_last_seq_no": INT63, "prefix_bytes": UINT},
    {"prefix_first_seq_no": 0, "prefix_last_seq_no": 5, "prefix_bytes": 1 << 30, "from_seq_no": 6},
    {"prefix_first_seq_no": 3, "prefix_last_seq_no": 2, "prefix_bytes": 100}, {"history_uuid": b"\xff\xfe"},
]


@pytest.mark.parametrize("number", range(len(ABSURD_WISHES)))
def test_absurd_wishes(target, number):
    with target.peer() as peer:
        _, body = peer.call(READ, target.read(**ABSURD_WISHES[number]))
        assert len(body) < ANSWER_MAX
        error, body = peer.call(READ, target.read())
        assert not error, body[:300]


def test_damaged_requests(target):
    """Bytes that are no request: an error or a closed connection, in no case harm."""
    chance = random.Random(6)
    honest = [(READ, target.read()), (FILES, target.files(OPEN)), (FILES, target.files(CHUNK, name="_0.cfs"))]
    for action, body in honest:
        for _ in range(40):
            damaged = bytearray(body)
            for _ in range(chance.randrange(1, 4)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            cut = damaged[:chance.randrange(len(damaged))] if chance.random() < 0.3 else damaged
            with target.peer() as peer:
                try:
                    peer.call(action, bytes(cut))
                except (OSError, EOFError):
                    pass
    target.unharmed()


@pytest.mark.parametrize("what", [
    dict(message=b"\xff" * 100), dict(message=b"\x08\x01" * 4000), dict(message=b""), dict(shard=1000), dict(shard=UINT),
    dict(uuid="nonsense"), dict(index="absent"), dict(index="*"), dict(index="_all"), dict(index="<x-{now/d}>"),
    dict(index=".replication-metadata-store"), dict(index=""), dict(index="x" * 5000),
], ids=lambda what: "-".join(f"{k}" for k in what))
def test_requests_for_what_is_not_there(target, what):
    with target.peer() as peer:
        error, body = peer.call(READ, target.read(**what))
        assert error, body[:300]
    with target.peer() as peer:
        if "message" not in what:
            error, body = peer.call(FILES, target.files(OPEN, **what))
            assert error, body[:300]
            peer.call(FILES, target.files(RELEASE, **what))


FOREIGN_FILES = ["../../../../../etc/passwd", "/etc/passwd", "../translog/translog-1.tlog", "../../_state/state-0.st", "", ".", "..",
                 "segments_1\x00.si", "write.lock", "_0.cfs/../write.lock", "no-such-file"]


def test_only_files_of_the_commit(target):
    with target.peer() as peer:
        error, body = peer.call(FILES, target.files(OPEN, session="files"))
        assert not error, body[:300]
        for name in FOREIGN_FILES:
            error, body = peer.call(FILES, target.files(CHUNK, session="files", name=name))
            assert error and b"root:" not in body, (name, body[:300])
        for absurd in (dict(offset=INT63), dict(length=0x7FFFFFFF), dict(length=0), dict(codec=99, level=UINT >> 1),
                       dict(codec=1, level=-0x80000000), dict(codec=2, level=0x7FFFFFFF)):
            _, body = peer.call(FILES, target.files(CHUNK, session="files", name="segments_2", **absurd))
            assert len(body) < ANSWER_MAX, absurd
        assert peer.call(FILES, target.files(CHUNK, session="somebody else's", name="segments_2"))[0]
        assert peer.call(FILES, target.files(OPEN, session="n" * 100_000))[0]
        assert not peer.call(FILES, target.files(RELEASE, session="files"))[0]
    target.unharmed()


def test_sessions_are_limited(target):
    """Held commits cost disk: no more than stated, and an honest bootstrap gets its turn when they are let go."""
    with target.peer() as peer:
        opened = [not peer.call(FILES, target.files(OPEN, session=f"flood-{number}"))[0] for number in range(40)]
        assert 0 < opened.count(True) <= 32 and not opened[-1]
        for number in range(40):
            peer.call(FILES, target.files(RELEASE, session=f"flood-{number}"))
        assert not peer.call(FILES, target.files(OPEN, session="again"))[0]
        peer.call(FILES, target.files(RELEASE, session="again"))


def test_parked_polls_are_limited(target):
    """Of thousands of polls of one shard few may wait; the others are refused at once, and the honest follower is served."""
    with target.peer() as peer:
        future = target.read(from_seq_no=target.next_seq_no(), wait_ms=UINT)
        for _ in range(2000):
            peer.send(READ, future)
        refused = [peer.answer() for _ in range(2000 - 256)]
        assert all(frame.status & 2 for frame in refused)
        assert any(b"polls of followers wait on this shard" in frame.body for frame in refused)
    target.unharmed()


ABSURD_DIGESTS = [
    dict(first=-1), dict(last=INT63), dict(first=5, last=1), dict(first=INT63, last=INT63 - 1), dict(last=-INT63 - 1), dict(width=0),
    dict(width=-1), dict(width=-0x80000000), dict(last=256), dict(last=1 << 20, width=1 << 20), dict(last=25600, width=100), dict(most=0),
    dict(most=-5), dict(width=0x7FFFFFFF), dict(width=(1 << 20) + 1), dict(ids=["x"] * 257), dict(ids=["x"] * 100_000),
]
ODD_DIGESTS = [
    dict(most=0x7FFFFFFF), dict(width=1 << 20), dict(last=(1 << 20) - 1, width=4096, most=0x7FFFFFFF), dict(known=INT63), dict(known=-INT63),
    dict(as_of=INT63), dict(as_of=-9), dict(as_of=5), dict(first=INT63, last=INT63), dict(ids=["x" * 5000] * 256),
]


def test_digests_of_absurd_ranges(target):
    """Beyond the stated limits the question is refused before anything is read; within them the answer is short."""
    with target.peer() as peer:
        for question in ABSURD_DIGESTS:
            error, body = peer.call(FILES, target.digest(**question))
            assert error and (b"digests of width" in body or b"can be asked for" in body), (question, body[:300])
        for question in ODD_DIGESTS:
            error, body = peer.call(FILES, target.digest(**question))
            assert not error and len(body) < 20_000, (question, body[:300])
        error, body = peer.call(FILES, target.digest())
        assert not error and body.count(b"after-") + body.count(b"\x011") > 0, body[:300]  # names the documents
        for cut in (target.digest()[:-1], bytes(target.digest()[:-1]) + b"\xff\xff\xff\xff\x07"):  # 2^31 ids that are not there
            error, body = peer.call(FILES, cut)
            assert error, body[:300]
    target.unharmed()


def test_listings_are_limited(target):
    """So many patterns of such a length, and so many that wait; who is refused is told, and who waits is let go by a change."""
    pair, pattern = target.pair, f"{target.index}-listed*"
    with target.peer() as peer:
        for patterns in ([f"{pattern}{n}" for n in range(101)], ["x" * 256], ["*a" * 500_000]):
            error, body = peer.call(SETUP, target.listing(patterns))
            assert error and b"at most" in body, (patterns[0][:20], body[:300])
        error, body = peer.call(SETUP, target.listing([pattern] * 100, wait=INT63))
        assert not error and body[:4] == b"\x01\x01\x01\x00", body[:300]  # yes, and a whole list: a token, and nothing in it
        (token,) = struct.unpack(">q", body[4:12])
        poll = target.listing([pattern], token, INT63)
        for _ in range(1200):
            peer.send(SETUP, poll)
        refused = [peer.answer() for _ in range(1200 - 1000)]
        assert all(frame.status & 2 and b"auto-follow requests wait on this node already" in frame.body for frame in refused)
        pair.leader.create_index(f"{target.index}-listed")
        try:
            let_go = [frame for frame in (peer.answer() for _ in range(1000)) if not frame.status & 2]
            assert len(let_go) > 900  # a few of the thousand may be honest followers'
        finally:
            pair.leader.delete_index(f"{target.index}-listed")
        error, body = peer.call(SETUP, target.listing([pattern]))
        assert not error, body[:300]


def test_frames_that_are_none(target):
    """Foreign protocols, endless lengths, future versions, on the bare connection."""
    port = target.pair.leader.nodes[0].transport_port
    garbage = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01" + b"\x00" * 200, b"ES\x7f\xff\xff\xff" + b"\x00" * 100,
               b"ES\x80\x00\x00\x00", b"ES\x00\x00\x00\x01\x00", HEADER.pack(b"ES", 17 + 4, 1, 0, VERSION ^ 0x7FFF0000, 0x7FFFFFFF),
               HEADER.pack(b"ES", 17, 1, 0, VERSION, -1), struct.pack(">2si", b"ES", 100)]
    for bytes_ in garbage:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as raw:
            raw.sendall(bytes_)
    with target.peer() as peer:
        peer.send("internal:indices/admin/plugins/replication/no/such/action", b"")
        peer.send(READ, target.read(), version=VERSION + 1_000_000)
        try:
            peer.answer()
        except (OSError, EOFError):
            pass
    target.unharmed()


OURS = "plugins/replication/"
STOPS = [f"indices:admin/{OURS}index/stop", f"indices:internal/{OURS}index/stop"]
INTERNAL = f"internal:indices/admin/{OURS}index/"
BEFORE_SPLITS = 3050099 ^ 0x08000000  # a version whose index metadata is short enough to be written by hand
DONE = b"\x01"  # acknowledged


def _metadata(index):
    """An index of one shard, as a cluster manager would be sent it."""
    settings = {"index.number_of_shards": "1", "index.number_of_replicas": "0", "index.uuid": "u", "index.version.created": str(VERSION)}
    out = Out().text(index).long(1).vint(1).vint(1).vint(1).int(1).byte(0).vint(len(settings))
    for key, value in settings.items():
        out.text(key).byte(0).text(value)
    return out.vint(1).vint(1).raw(bytes(8)).data  # one primary term; mappings to ingestion: none of it


def of_shard(index, uuid):
    """What a request to all copies of a shard begins with; its patience is over at once."""
    return Out().text("").byte(1).shard(index, uuid, 0).int(0).vint(0).byte(0).text(index).vint(0).data


def well_formed(index, uuid):
    """(action, body that its handler would carry out, what it answers whoever may): only a missing permission stands in the way.

    Each does nothing here: index is no follower, and there is none of the name that is asked for where it would be changed.
    """
    head = Out().text("").raw(TIMEOUTS).data  # no parent task, both timeouts
    named, none, roles, settings = Out().raw(head).text(index).data, b"\x00", b"\x00" * 3, b"\x00"
    absent = Out().text("absent").text("uuid").data
    leader = Out().text("x").text("uuid").data
    bulk = Out().text("").raw(TIMEOUTS[:2]).text("nowhere").long(1).text("nobody").text("stop").text("none-*").long(1).raw(bytes(5)).data
    no_index, no_follower = b"no such index [absent]", b"No replication in progress"
    return [
        *((stop, named, no_follower) for stop in STOPS),
        (INTERNAL + "reopen", named, DONE),
        (INTERNAL + "release", named + none * 2, DONE),
        (INTERNAL + "delete", Out().raw(head).raw(head).vint(1).text("absent").vint(0).vint(0).data, no_index),
        (INTERNAL + "bootstrap", Out().raw(head).text("x").raw(leader).text(index).raw(settings + roles).text("c").raw(none).data, b"already exists"),
        (INTERNAL + "start", Out().raw(named).text("x").raw(leader).raw(roles + settings).data, b"use same index again"),
        (INTERNAL + "shards", Out().text("").vint(0).byte(0).byte(0).vint(0).data, b""),
        (f"internal:cluster:admin/{OURS}index/state", Out().raw(named).byte(0).byte(0).text("").vint(0).byte(0).vint(0).data, DONE),
        (f"internal:cluster:admin/{OURS}autofollow/update",
         Out().raw(head).vint(4).text("x").text("none").byte(0).byte(0).vint(0).data, DONE),  # remove a rule
        (f"internal:indices/{OURS}shard/replicas", Out().text("").raw(absent).vint(0).data, no_index),
        (f"indices:admin/{OURS}index/update_metadata", Out().raw(head).raw(absent).raw(_metadata("absent")).byte(0).data, no_index),
        (f"indices:admin/{OURS}shard/promote", of_shard("absent", "uuid") + none, no_index),
        (f"indices:data/write/{OURS}changes", Out().raw(of_shard(index, uuid)).byte(0).vint(0).vint(0).vint(0).vint(0).data,
         b"does not follow a leader any more"),
        (f"cluster:admin/{OURS}bulk/state/update", bulk, DONE),
    ]


def test_listings_tell_what_the_role_may_know(secure_pair):
    """Of what no wildcard search finds, too: closed and hidden indices."""
    target = Target(secure_pair, "told")
    cluster = secure_pair.leader
    hidden = {"told-hidden": {"index.hidden": True}, "told-closed": None}
    try:
        for name, settings in hidden.items():
            cluster.create_index(name, settings=settings)
        cluster.ok("POST", "/told-closed/_close")
        cluster.users.role("tells", index={"told": [SETUP]})
        with target.peer("tells") as peer:
            error, body = peer.call(SETUP, target.listing(["told"]))
            assert not error and b"told" in body, body[:300]
            error, body = peer.call(SETUP, target.listing(["told*"]))
            assert error and b"no permissions" in body, body[:300]
        cluster.users.role("tells", index={"told*": [SETUP]})
        with target.peer("tells") as peer:
            error, body = peer.call(SETUP, target.listing(["told*"]))
            assert not error and all(name.encode() in body for name in hidden), body[:300]
    finally:
        for name in hidden:
            cluster.delete_index(name)
        secure_pair.drop(target.index)


def test_a_peer_may_do_what_its_role_may(secure_pair):
    """No action of ours is open to another cluster without a permission for it: not even the internal ones."""
    target = Target(secure_pair, "guarded")
    try:
        for role in (None, LEADER_ROLE, "no such role", "all_access"):
            refusal = b"no permissions" if role else b"No user found"
            with target.peer(role) as peer:
                for action, body in ((READ, target.read()), (FILES, target.files(PROBE))):
                    error, answer = peer.call(action, body)
                    assert error == (role not in (LEADER_ROLE, "all_access")), (role, action, answer[:200])
                    error, answer = peer.call("internal:transport/proxy/" + action, body)  # one node for another, unchecked
                    assert error and b"No handler for action" in answer, (role, action, answer[:200])
                for action, body, granted in well_formed(target.index, target.uuid):
                    error, answer = peer.call(action, body, BEFORE_SPLITS if "update_metadata" in action else VERSION)
                    if role == "all_access":  # or what is refused above were refused for another reason
                        assert granted in answer and error == (len(granted) > 1), (action, answer[:400])
                    else:
                        assert error and refusal in answer, (role, action, answer[:300])
        with pytest.raises((OSError, EOFError)), target.peer(tls=False) as peer:
            peer.call(READ, target.read())
        stranger = Peer(secure_pair.leader.nodes[0].transport_port,
                        secure_pair.leader.users.guard.authority.context(
                            secure_pair.leader.users.guard.authority.issue("nobody", "elsewhere")),
                        {"opendistro_security_injected_roles_header": f"somebody|{LEADER_ROLE}"})
        with pytest.raises((OSError, EOFError, AssertionError)), stranger as peer:  # good certificate, not in nodes_dn
            assert not peer.call(READ, target.read())[0]
        until(lambda: secure_pair.leader.ok("GET", path(target.index, "_count"))["count"] == 10, 30, "nothing was written")
        target.unharmed()
    finally:
        secure_pair.drop(target.index)
