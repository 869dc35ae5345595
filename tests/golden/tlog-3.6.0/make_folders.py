#!/usr/bin/env python3
"""Writes the folders after-failover and trimmed anew: make_folders.py TARGET, with what tests/cluster needs in the environment
and a JDK on the path.

Three nodes of stock OpenSearch: a manager, and two that hold one shard with a replica. All kinds of operations, generations
of a few KB, then the primary is killed with its last bulk acknowledged: the replica is promoted to term 2 and takes more.
The killed node returns, recovers by operations, and trims what its old generations hold above the checkpoint it had. It
then flushes at once and deletes them, so they are copied in that moment; when it was missed, run it again.
"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "cluster"))
from harness.cluster import Cluster  # noqa: E402

INDEX = "golden"
LIBRARIES = os.path.join(os.environ["OPENSEARCH_HOME"], "lib", "*")
NOT_TRIMMED = -2


def operations(first, count):
    """Pairs for Cluster.bulk: creates, updates, deletes (of missing ones too), routing, versions, an automatic id, no-ops."""
    for n in range(first, first + count):
        source = {"n": n, "text": "document %d %s" % (n, "x" * (n % 7 * 12))}
        yield {"index": {"_id": "doc-%d" % (n % 20), **({"routing": "r%d" % (n % 3)} if n % 5 == 0 else {})}}, source
        if n % 6 == 2:
            yield {"delete": {"_id": "doc-%d" % (n % 25)}}, None
        if n % 9 == 4:
            yield {"index": {"_id": "ext-%d" % n, "version": 1000 + n, "version_type": "external"}}, source
        if n % 10 == 5:
            yield {"index": {}}, source
        if n % 15 == 7:
            yield {"index": {"_id": "bad-%d" % n}}, {"tag": "t" * 33000}  # too long for Lucene: leaves a no-op


def trimmed_above(checkpoint):
    data = checkpoint.read_bytes()
    return struct.unpack("<q", data[64:72])[0] if len(data) == 88 else NOT_TRIMMED


def copy(folder, target):
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for file in folder.iterdir():
        if file.name.startswith("translog"):
            shutil.copyfile(file, target / file.name)


class Watch(threading.Thread):
    """Copies the folder again and again while one of its generations is trimmed."""

    def __init__(self, folder, target):
        super().__init__(daemon=True)
        self.folder, self.target, self.caught, self.ended = folder, target, 0, threading.Event()

    def run(self):
        while not self.ended.is_set():
            try:
                if any(trimmed_above(f) != NOT_TRIMMED for f in self.folder.glob("translog-*.ckp")):
                    copy(self.folder, self.target / str(self.caught))
                    self.caught += 1
            except OSError:
                pass  # deleted in between


def expected(folder, classes):
    """expected.txt by OpenSearch's own reader; False when the copy is not of one moment."""
    return subprocess.run(["java", "-cp", classes + ":" + LIBRARIES, "org.opensearch.index.translog.DumpTranslog", str(folder),
                           str(folder / "expected.txt")], check=False).returncode == 0


def shard_folder(cluster, node):
    uuid = cluster.ok("GET", "/%s/_settings" % INDEX)[INDEX]["settings"]["index"]["uuid"]
    return next(Path(node.home).glob("data/nodes/0/indices/%s/0/translog" % uuid))


def primary_of(cluster):
    shards = cluster.ok("GET", "/_cat/shards/%s?format=json" % INDEX)
    name = next(s["node"] for s in shards if s["prirep"] == "p")
    return next(node for node in cluster.nodes if node.name == name)


def main():
    target, classes = Path(sys.argv[1]), tempfile.mkdtemp()
    cluster = Cluster("golden", nodes=3, with_plugin=False).start()
    try:
        names = ",".join(node.name for node in cluster.nodes[1:])
        cluster.create_index(INDEX, replicas=1, mappings={"properties": {"tag": {"type": "keyword"}}}, settings={
            "index.translog.generation_threshold_size": "3kb", "index.routing.allocation.include._name": names,
            "index.unassigned.node_left.delayed_timeout": "0s", "index.refresh_interval": "-1"})
        cluster.health(INDEX)
        for first in (0, 15, 30):
            cluster.bulk(operations(first, 15), INDEX)
        killed = primary_of(cluster)
        cluster.bulk(operations(45, 12), INDEX)
        killed.kill()
        promoted = next(node for node in cluster.nodes[1:] if node is not killed)
        cluster.health(INDEX, status="yellow")
        cluster.bulk(operations(60, 15), INDEX)
        copy(shard_folder(cluster, promoted), target / "after-failover")
        watch = Watch(shard_folder(cluster, killed), target / "moments")
        watch.start()
        killed.start()
        cluster.health(INDEX)
        watch.ended.set()
        watch.join()
        subprocess.run(["javac", "-proc:none", "-cp", LIBRARIES, "-d", classes, str(HERE / "DumpTranslog.java")], check=True)
        ok = expected(target / "after-failover", classes)
        tries = sorted({watch.caught * part // 8 for part in range(8)})
        whole = [m for m in tries if m < watch.caught and expected(target / "moments" / str(m), classes)]
        if whole:
            shutil.copytree(target / "moments" / str(whole[len(whole) // 2]), target / "trimmed", dirs_exist_ok=True)
        print("after-failover %s; %d moments of the trimming, whole of those tried: %s" % (ok, watch.caught, whole))
    finally:
        cluster.kill()
    return 0 if ok and whole else 1


if __name__ == "__main__":
    sys.exit(main())
