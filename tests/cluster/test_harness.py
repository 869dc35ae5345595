"""The harness itself, on plain OpenSearch: what it reports as equal is equal, and what is not is told."""
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from harness import content
from harness.load import Writer
from harness.spawn import spawn
from harness.wait import until

pytestmark = pytest.mark.no_plugin


def test_a_process_outlives_the_thread_that_started_it():
    started = []
    thread = threading.Thread(
        target=lambda: started.append(spawn(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)))
    thread.start()
    thread.join()
    child = started[0]
    for number in range(100):
        child.stdin.write(f"{number}\n")
        child.stdin.flush()
        assert child.stdout.readline() == f"{number}\n"
    child.communicate()
    assert child.returncode == 0


def test_a_process_ends_with_the_run_that_is_killed():
    program = "import os, signal, subprocess; from harness.spawn import spawn; child = spawn(['sleep', '600']); " \
        "print(child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    run = subprocess.run([sys.executable, "-c", program], cwd=os.path.dirname(__file__), stdout=subprocess.PIPE, text=True, check=False)
    assert run.returncode == -signal.SIGKILL
    until(lambda: ended(int(run.stdout)), 60, "it has ended")


def ended(pid):
    """Nobody may be there who would reap it."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def copy_through_link(pair, index, target):
    """Copies an index leader -> follower over the link with plain OpenSearch: a scroll through the remote cluster."""
    answer = pair.follower.ok("POST", f"/leader-one:{index}/_search",
                              {"size": 10000, "version": True, "seq_no_primary_term": True, "sort": ["_doc"]})
    hits = answer["hits"]["hits"]
    lines = []
    for hit in sorted(hits, key=lambda item: item["_seq_no"]):
        action = {"_id": hit["_id"], "version": hit["_version"], "version_type": "external"}
        if "_routing" in hit:
            action["routing"] = hit["_routing"]
        lines.append(({"index": action}, hit["_source"]))
    pair.follower.bulk(lines, target)
    return len(hits)


def test_compare_tells_equal_and_different(pair, index):
    pair.leader.create_index(index)
    pair.follower.create_index(index)
    lines = [({"create": {"_id": f"d{n}", **({"routing": "r"} if n % 5 == 0 else {})}}, {"n": n}) for n in range(500)]
    pair.leader.bulk(lines, index)
    pair.leader.refresh(index)
    before = pair.link.stats()
    assert copy_through_link(pair, index, index) == 500
    after = pair.link.stats()
    assert after["down"] > before["down"] + 10000 and after["up"] > before["up"]
    pair.caught_up(index, timeout=60)
    assert content.compare(pair.leader, pair.follower, index) == 500
    pair.follower.put(index, "d7", {"n": 7})
    pair.follower.request("DELETE", f"/{index}/_doc/d9")
    pair.follower.put(index, "stranger", {})
    with pytest.raises(AssertionError) as told:
        content.compare(pair.leader, pair.follower, index)
    text = str(told.value)
    assert "1 missing" in text and "'d9'" in text and "1 extra" in text and "'stranger'" in text and "'d7'" in text


@pytest.mark.parametrize("other", ['{"a":1.00}', '{ "a":1.0}', '{"a":1.0} ', '{"a":1e0}', '{"\\u0061":1.0}'])
def test_compare_tells_spellings_apart(pair, index, other):
    """Two texts of one meaning are two contents."""
    for cluster, text in ((pair.leader, '{"a":1.0}'), (pair.follower, other)):
        cluster.create_index(index)
        cluster.put(index, "d", text, routing="r")
    with pytest.raises(AssertionError) as told:
        content.compare(pair.leader, pair.follower, index)
    assert "1 different" in str(told.value)
    pair.follower.put(index, "d", '{"a":1.0}', routing="r", version=1, version_type="external_gte")
    assert "seq_no 1" in str(pytest.raises(AssertionError, content.compare, pair.leader, pair.follower, index).value)


def test_link_cuts_stalls_and_resumes(pair):
    pair.link.cut()
    until(lambda: not pair.follower.ok("GET", "/_remote/info")["leader-one"]["connected"], 30, "link is cut")
    pair.link.resume()
    pair.wait_connected(timeout=60)
    pair.link.stall()
    moved = pair.link.bytes_both_ways()
    assert pair.link.bytes_both_ways() == moved
    with socket.create_connection(("127.0.0.1", pair.link.port), timeout=30) as late:
        pair.link.cut()
        assert closed(late)
    pair.link.resume()
    pair.wait_connected()


def closed(connection):
    """Waits for it."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_node_survives_kill_under_load(own_pair, own_index):
    own_pair.leader.create_index(own_index)
    with Writer(own_pair.leader, own_index, tolerant=True) as writer:
        writer.wait(1500)
        own_pair.leader.nodes[0].kill()
        own_pair.leader.nodes[0].start()
        own_pair.leader.health(own_index)
        writer.wait(500)
    seen = own_pair.leader.primary_checkpoints(own_index)[0]
    assert seen[0] == seen[1] > 1500


def test_what_came_true_while_the_test_stood_still_is_seen():
    looks = []

    def look():
        looks.append(time.monotonic())
        while time.monotonic() < looks[0] + 0.2:  # longer than there is time
            pass
        return len(looks) == 2
    assert until(look, 0.1, "the second look")


ENDED_IN_THE_MIDDLE = """
import signal, sys, threading, time
from harness.load import Writer

class Deaf:
    def request(self, *arguments, **named):
        threading.Event().wait()

signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
with Writer(Deaf(), "index"):
    print("begun", flush=True)
    while True:
        time.sleep(1)
"""


def test_a_run_that_is_ended_does_not_wait_for_its_writers():
    """A writer hangs in a cluster that never answers; SIGTERM ends the run all the same."""
    folder = os.path.dirname(os.path.abspath(__file__))
    process = subprocess.Popen([sys.executable, "-c", ENDED_IN_THE_MIDDLE], cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 143
    finally:
        process.kill()
        process.stdout.close()
