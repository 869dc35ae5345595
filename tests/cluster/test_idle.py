"""Issue items 8 and 9: many follower shards at rest cost nothing, and a rest of minutes delays no document.

The rest takes its five minutes beside other tests: conftest.py puts test_latency and test_link_down between these three.
"""
from harness.latency import arrival, ordinary, trip, undelayed
from harness.rest import INDICES, SHARDS


def test_ordinary_shards_rest(resting):
    """What the same nodes use without a follower is what the followers are held against."""
    resting.begin()


def test_followed_shards_rest(resting):
    resting.ordinary = resting.follow()


def test_after_five_minutes_of_rest(resting):
    pair = resting.pair
    samples, moved, version = resting.end()
    times, plain = [], []
    with ordinary(pair, "idle-own") as beside:
        for name in resting.names[:7]:
            times.append(arrival(pair, name, "after"))
            plain.append(trip(pair, beside, name))
    (follower, leader), before = _use(samples), _use(resting.ordinary)
    growth = {what: _growth(samples, what) for what in ("heap", "native")}
    objects = _growth(samples, "own")
    print(f"{INDICES * SHARDS} idle shards: follower {follower:.2%} of a core, leader {leader:.2%}; before they were followed "
          f"{before[0]:.2%} and {before[1]:.2%}; over the link {moved} bytes, cluster state +{version}; "
          f"growth in both halves, follower and leader: {growth} bytes, {objects} of {samples[0].own} objects of ours")
    # The leader had as many shards before, so what an ordinary idle shard costs is in it.
    assert max(follower, leader) - before[1] < 0.02, (follower, leader, before)
    for what, halves in growth.items():
        assert max(map(min, halves)) < 1 << 20, f"{what} that grows with time grows in both halves: {halves}"
    # A poll ends every minute, so each shard has ended at least two in each half: one object of each would be twice the limit.
    assert min(samples[0].own) > 0 and max(map(min, objects)) < INDICES * SHARDS, f"objects are left behind: {objects}"
    assert version <= 5, "progress must not write the cluster state"
    undelayed(times, plain)
    assert all(pair.status(name)["status"] == "SYNCING" for name in resting.names)
    for name in resting.names[:3] + resting.names[-1:]:
        assert pair.same(name) in (30, 31)
    resting.close()


def _use(samples):
    """Of one core, follower and leader, without what it costs to take samples."""
    spans = [[b - a for a, b in zip(first.resumed, last.cpu)] for first, last in zip(samples, samples[1:])]
    seconds, *used = map(sum, zip(*spans))
    return [one / seconds for one in used]


def _growth(samples, what):
    """Bytes of follower and leader in each half of the rest."""
    first, middle, last = (getattr(sample, what) for sample in samples)
    return [(b - a, c - b) for a, b, c in zip(first, middle, last)]
