"""The oracle: the whole content of every copy of an index, and a readable account of differences."""
import hashlib
from urllib.parse import quote

from .cluster import path
from .hits import split
from .http import HttpError
from .wait import until


def _digest(source):
    # The bytes themselves: the follower must hold the leader's own text.
    return hashlib.blake2b(b"" if source is None else source, digest_size=12).digest()


def _page(cluster, url, body):
    """One page of hits, and the answer around them."""
    response = cluster.request("POST", url, body)
    if response.status != 200:
        raise HttpError("POST", url, response)
    answer, hits = split(response.body)
    if answer["_shards"]["failed"]:
        raise AssertionError(f"search failed: {url}: {answer['_shards']}")
    return answer, hits


def read_copy(cluster, index, shard, node_id, page=2000):
    """All live documents of one copy: id -> (seq_no, version, routing, digest of the source's bytes)."""
    preference = quote(f"_shards:{shard}|_only_nodes:{node_id}", safe="")
    body = {"size": page, "sort": ["_doc"], "version": True, "seq_no_primary_term": True, "track_total_hits": True,
            "query": {"match_all": {}}}
    answer, hits = _page(cluster, path(index, "_search") + f"?scroll=2m&preference={preference}", body)
    total = answer["hits"]["total"]["value"]
    found = {}
    while hits:
        for doc_id, seq_no, version, routing, source in hits:
            if doc_id in found:
                raise AssertionError(f"{index} shard {shard}: id {doc_id!r} is live twice")
            found[doc_id] = (seq_no, version, routing, _digest(source))
        answer, hits = _page(cluster, "/_search/scroll", {"scroll": "2m", "scroll_id": answer["_scroll_id"]})
    cluster.request("DELETE", "/_search/scroll", {"scroll_id": [answer["_scroll_id"]]})
    if len(found) != total:
        raise AssertionError(f"{index} shard {shard}: read {len(found)} of {total} documents")
    return found


def copies(cluster, index):
    """{shard: [(node id, is primary), ...]}, primary first; every copy must be started."""
    found = {}
    for number, routing, _, _ in cluster.shard_stats(index):
        assert routing["state"] == "STARTED", f"{index}[{number}] is {routing['state']}"
        found.setdefault(number, []).append((routing["node"], routing["primary"]))
    return found


def _describe(entry):
    return f"seq_no {entry[0]}, version {entry[1]}, routing {entry[2]!r}, source #{entry[3].hex()[:8]}"


def differences(expected, actual, limit=8):
    """Readable lines about two copies; empty when they are the same."""
    missing = sorted((expected[key][0], key) for key in expected.keys() - actual.keys())
    extra = sorted((actual[key][0], key) for key in actual.keys() - expected.keys())
    other = sorted((expected[key][0], key) for key in expected.keys() & actual.keys() if expected[key] != actual[key])
    lines = []
    if missing:
        lines.append(f"{len(missing)} missing, seq_no {missing[0][0]}..{missing[-1][0]}: "
                     + ", ".join(f"{key!r} ({seq_no})" for seq_no, key in missing[:limit]))
    if extra:
        lines.append(f"{len(extra)} extra, seq_no {extra[0][0]}..{extra[-1][0]}: "
                     + ", ".join(f"{key!r} ({seq_no})" for seq_no, key in extra[:limit]))
    if other:
        lines.append(f"{len(other)} different:")
        lines += [f"  {key!r}: {_describe(expected[key])} <> {_describe(actual[key])}" for _, key in other[:limit]]
    return lines


def compare(leader, follower, leader_index, follower_index=None, page=2000):
    """Compares every copy on both sides with the leader's primary. Answers the number of documents.

    The caller has waited until the follower caught up; nobody writes meanwhile.
    """
    follower_index = follower_index or leader_index
    leader.refresh(leader_index)
    follower.refresh(follower_index)
    leader_copies, follower_copies = copies(leader, leader_index), copies(follower, follower_index)
    assert leader_copies.keys() == follower_copies.keys(), \
        f"shards differ: {sorted(leader_copies)} <> {sorted(follower_copies)}"
    problems, count = [], 0
    for shard, places in leader_copies.items():
        reference = read_copy(leader, leader_index, shard, places[0][0], page)
        count += len(reference)
        others = [(leader, leader_index, place) for place in places[1:]]
        others += [(follower, follower_index, place) for place in follower_copies[shard]]
        for cluster, index, (node_id, primary) in others:
            lines = differences(reference, read_copy(cluster, index, shard, node_id, page))
            if lines:
                kind = "primary" if primary else "replica"
                problems.append(f"{cluster.name} {index}[{shard}] {kind} against the leader's primary "
                                f"({len(reference)} documents):\n  " + "\n  ".join(lines))
    if problems:
        raise AssertionError("content differs\n" + "\n".join(problems))
    return count


def checkpoints_equal(leader, follower, leader_index, follower_index):
    """True when every copy of the follower has processed all that the leader's primaries have given a number."""
    wanted = leader.primary_checkpoints(leader_index)
    if any(maximum != local for maximum, local, _ in wanted.values()):
        return False
    seen = set()
    for number, routing, seq, _ in follower.shard_stats(follower_index):
        if routing["state"] != "STARTED":
            return False
        if seq["local_checkpoint"] != wanted[number][0] or seq["max_seq_no"] != wanted[number][0]:
            return False
        seen.add(number)
    return seen == set(wanted)


def wait_caught_up(leader, follower, leader_index, follower_index=None, timeout=120):
    """Waits until checkpoints_equal; tells both sides' checkpoints when the time is over."""
    follower_index = follower_index or leader_index
    try:
        until(lambda: checkpoints_equal(leader, follower, leader_index, follower_index), timeout,
              f"{follower_index} has caught up")
    except AssertionError as error:
        states = []
        for cluster, index in ((leader, leader_index), (follower, follower_index)):
            try:
                states.append({f"[{number}]{'p' if routing['primary'] else 'r'}": seq
                               for number, routing, seq, _ in cluster.shard_stats(index)})
            except (OSError, AssertionError) as unreachable:
                states.append(repr(unreachable)[:300])
        status = follower.request("GET", f"/_plugins/_replication{path(follower_index)}/_status?verbose=true")
        raise AssertionError(f"{error}\nleader {states[0]}\nfollower {states[1]}\nstatus {status.text[:800]}") from None
