"""Replicates an index between two real OpenSearch clusters on loopback and shows it: `./ccr demo [--secure]`."""
import json
import os
import signal
import sys
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "cluster"))

from harness.guard import FOLLOWER_ROLE  # noqa: E402
from harness.pair import Pair  # noqa: E402
from harness.wait import until  # noqa: E402

DOCUMENTS = 20_000
INDEX, COPY = "logs", "logs-copy"


def say(text):
    print(f"\n\033[1m{text}\033[0m", flush=True)


def show(label, answer):
    print(f"  {label}\n    -> {answer.status} {json.dumps(answer.json)}", flush=True)


def fill(leader):
    for first in range(0, DOCUMENTS, 2000):
        leader.bulk([({"index": {"_id": str(i)}},
                      {"level": "INFO", "host": f"web-{i % 7}", "message": f"request {i} served in {i % 900} ms"})
                     for i in range(first, first + 2000)], INDEX)


def count(cluster, index):
    cluster.refresh(index)
    return cluster.ok("GET", f"/{index}/_count")["count"]


def one_document(pair):
    """Milliseconds from the leader's acknowledgement to the document on the follower."""
    pair.leader.put(INDEX, "one-more", {"message": "hello"})
    acknowledged = time.monotonic()
    while pair.follower.request("GET", f"/{COPY}/_doc/one-more").status != 200:
        if time.monotonic() - acknowledged > 60:
            raise SystemExit("the document did not arrive within a minute")
    return (time.monotonic() - acknowledged) * 1000


def replicate(pair):
    say(f"Writing {DOCUMENTS} documents to [{INDEX}] on the leader")
    pair.leader.create_index(INDEX)
    fill(pair.leader)

    say("Starting replication on the follower")
    show(f"PUT /_plugins/_replication/{COPY}/_start", pair.start_replication(INDEX, COPY))
    pair.wait_status(COPY, "SYNCING")
    until(lambda: count(pair.follower, COPY) == DOCUMENTS, 60, "all documents are on the follower")
    show(f"GET  /_plugins/_replication/{COPY}/_status", pair.api.request("GET", pair.url(COPY, "_status")))
    print(f"  documents on the leader: {count(pair.leader, INDEX)}, on the follower: {count(pair.follower, COPY)}")

    say("One more document, as soon as it is acknowledged by the leader")
    print(f"  on the follower after {one_document(pair):.0f} ms")

    say("The follower is read-only")
    show(f"PUT  /{COPY}/_doc/mine", pair.follower.request("PUT", f"/{COPY}/_doc/mine", {"message": "no"}))

    say("Stopping makes it an ordinary index, without closing it")
    show(f"POST /_plugins/_replication/{COPY}/_stop", pair.stop_replication(COPY))
    show(f"PUT  /{COPY}/_doc/mine", pair.follower.request("PUT", f"/{COPY}/_doc/mine", {"message": "yes"}))


def refuse(pair):
    """What the Security plugin is for: a role without a permission begins nothing, and is told all that it lacks."""
    say("Users come in by password over TLS; nodes know each other by certificate")
    show("GET /_plugins/_security/authinfo", pair.api.request("GET", "/_plugins/_security/authinfo"))
    say("A role that may only look, but not copy: refused before anything is made")
    pair.leader.users.role("may_only_look", index={"*": ["indices:admin/plugins/replication/index/setup/validate"]})
    pair.leader.users.grant("may_only_look", "operator")
    roles = {"leader_cluster_role": "may_only_look", "follower_cluster_role": FOLLOWER_ROLE}
    show(f"PUT /_plugins/_replication/{COPY}/_start with leader_cluster_role may_only_look",
         pair.start_replication(INDEX, COPY, use_roles=roles))


def main():
    secure = sys.argv[1:] == ["--secure"]
    if sys.argv[1:] and not secure:
        sys.exit("demo takes --secure and nothing else")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # so that the clusters go, too
    say("Installing the plugin with opensearch-plugin install, and starting two clusters on loopback"
        + (", both with the Security plugin and certificates made for this run" if secure else ""))
    pair = Pair(name="demo", secure=secure)
    try:
        pair.start()
        print(f"  {pair.follower.ok('GET', '/_cat/plugins').strip()}")
        for side, cluster in (("leader", pair.leader), ("follower", pair.follower)):
            print(f"  {side}: http{'s' if secure else ''}://127.0.0.1:{cluster.nodes[0].http_port}")
        if secure:
            refuse(pair)
        replicate(pair)
    finally:
        say("Cleaning up")
        pair.close()
    print("  both clusters are stopped, nothing is left")


if __name__ == "__main__":
    main()
