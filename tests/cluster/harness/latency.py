"""How long a document travels, held against what the same machine needs for a plain write at the same time."""
import statistics
import time
from contextlib import contextmanager

# An arrival is a fetch, a write and a read: about as long as a plain write and a read. The delays that upstream has here, 10, 20,
# 40 and 80 s, are a thousand times as long, and one of a second is more than a hundred times.
TRIPS_MAX = 10


def arrival(pair, index, doc_id, source=None):
    """Seconds from the leader's acknowledgement until a real-time get finds the document on the follower."""
    pair.leader.put(index, doc_id, source or {"n": 1})
    return _until_found(pair, index, doc_id)


def trip(pair, index, doc_id, source=None):
    """Seconds of a plain write into an ordinary index of the follower, and a real-time get."""
    begun = time.monotonic()
    pair.follower.put(index, doc_id, source or {"n": 1})
    _until_found(pair, index, doc_id)
    return time.monotonic() - begun


@contextmanager
def ordinary(pair, index):
    """An ordinary index of the follower, for a trip beside each arrival: the machine is then as busy for one as for the other."""
    pair.follower.create_index(index)
    try:
        yield index
    finally:
        pair.follower.delete_index(index)


def undelayed(arrivals, plain):
    """Nothing but work lies between a document and its arrival: no polling, no back-off."""
    told = f"arrivals {_milliseconds(arrivals)}, plain writes {_milliseconds(plain)} ms"
    print(told)
    assert statistics.median(arrivals) < TRIPS_MAX * statistics.median(plain), told


def _until_found(pair, index, doc_id):
    begun = time.monotonic()
    while pair.follower.get(index, doc_id) is None:
        assert time.monotonic() - begun < 90, f"{doc_id} does not arrive in {index}"
    return time.monotonic() - begun


def _milliseconds(times):
    return "/".join(f"{sorted(times)[at] * 1000:.0f}" for at in (0, len(times) // 2, -1))
