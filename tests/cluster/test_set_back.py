"""Issue 4, item 4: a leader whose files were set back under the same history, and a follower whose disk is full for a while."""
import os
import shutil

from harness import config
from harness.wait import until
from test_lifecycle import fill, reason_tells
from test_metadata import flat_settings

# A switch that the follower has not: with it the leader knows settings that the follower does not know.
# From its first moment core itself does not look at the follower's disk: it would block the other indices, too, for good. A
# longer interval that is set later begins after the look that was planned before.
PAIR = {"name": "back", "leader_settings": {"opensearch.experimental.feature.writable_warm_index.enabled": True},
        "follower_settings": {"cluster.info.update.interval": "1h"}}
FULL = {"cluster.routing.allocation.disk.threshold_enabled": True,
        "cluster.routing.allocation.disk.watermark.low": "1%", "cluster.routing.allocation.disk.watermark.high": "2%",
        "cluster.routing.allocation.disk.watermark.flood_stage": "3%"}


def test_full_disk_that_is_cleared(own_pair, own_index):
    """Core leaves followers out of its flood stage: what would fill the disk waits here, says so, and goes on when there is room."""
    pair, index = own_pair, own_index
    pair.leader.create_index(index)
    fill(pair, index, 10)
    pair.follow(index)
    pair.caught_up(index)
    pair.follower.ok("PUT", "/_cluster/settings", {"transient": FULL})
    try:
        fill(pair, index, 10, 10)
        status = reason_tells(pair, index, "disk usage exceeded flood-stage watermark")
        assert status["status"] == "SYNCING" and "resumes by itself" in status["reason"], status
        assert not pair.follower.get(index, "15")
    finally:
        pair.follower.ok("PUT", "/_cluster/settings", {"transient": dict.fromkeys(FULL)})
    assert pair.same(index) == 20
    until(lambda: pair.status(index)["reason"] == "User initiated", 30, "all is well again")


def test_setting_that_the_follower_does_not_know(own_pair, own_index):
    """It is told and left out alone: at the start, and while settings change."""
    pair, index = own_pair, own_index
    strange = "index.store.data_locality"
    pair.leader.create_index(index, settings={strange: "full", "index.refresh_interval": "7s"})
    pair.follow(index)
    told = f"Left out: setting [{strange}] (this cluster does not know it). Everything else of the leader index is replicated."
    assert pair.status(index)["reason"] == told
    assert flat_settings(pair.follower, index)["index.refresh_interval"] == "7s"
    pair.leader.ok("PUT", f"/{index}/_settings", {"index.refresh_interval": "8s"})
    until(lambda: flat_settings(pair.follower, index)["index.refresh_interval"] == "8s", 30, "the setting follows")
    fill(pair, index, 10)
    assert pair.same(index) == 10
    assert pair.status(index)["reason"] == told and strange not in flat_settings(pair.follower, index)


def test_leader_set_back_under_the_same_history(own_pair, own_index):
    """As from an old image of the machine: the follower is ahead, says so, and never mixes two futures."""
    pair, index = own_pair, own_index
    data = os.path.join(pair.leader.nodes[0].home, "data")
    pair.leader.create_index(index)
    fill(pair, index, 50)
    pair.follow(index)
    pair.caught_up(index)
    pair.leader.stop()
    shutil.copytree(data, data + "-old", copy_function=shutil.copy2)
    pair.leader.launch()
    pair.leader.wait_up()
    pair.leader.health(index)
    fill(pair, index, 50, 50)
    pair.caught_up(index)
    pair.leader.stop()
    shutil.rmtree(data)
    os.rename(data + "-old", data)
    config.give(data)
    pair.leader.launch()
    pair.leader.wait_up()
    pair.leader.health(index)
    status = reason_tells(pair, index, "force_resume=true")
    assert status["status"] == "PAUSED" and "the leader was set back" in status["reason"], status
    for n in range(80):
        pair.leader.put(index, f"other-{n}", {"n": n})
    assert pair.follower.get(index, "70") and not pair.follower.get(index, "other-79")
    assert pair.resume(index).status == 404
    assert pair.resume(index, {"force_resume": True}).status == 200
    pair.wait_status(index, "SYNCING")
    assert pair.same(index) == 130
