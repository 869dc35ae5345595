"""A leader cluster, a follower cluster, the link between them, and the replication API."""
from urllib.parse import quote

from . import config, content
from .cluster import Cluster, path, start_together
from .guard import API as SECURITY_API
from .guard import FOLLOWER_ROLE, LEADER_ROLE, ORGANISATION, Authority, Guard
from .link import Link
from .wait import until

API = "/_plugins/_replication"
ALIAS = "leader-one"
LIVE_HEAP_MAX = 200 << 20


class Pair:
    """Two clusters. The follower reaches the leader through self.link in proxy mode."""

    def __init__(self, leader_nodes=1, follower_nodes=1, leader_plugin=True, leader_settings=None,
                 follower_settings=None, managers=1, jvm=None, heap="448m", name="p", secure=False):
        with_plugin = config.plugin_zip() is not None
        leader_guard = follower_guard = None
        if secure:
            authority = Authority()
            leader_guard, follower_guard = Guard(authority, "leader"), Guard(authority, "follower")
        self.leader = Cluster(f"{name}-leader", leader_nodes, managers, with_plugin and leader_plugin,
                              leader_settings, heap, jvm, leader_guard)
        self.follower = Cluster(f"{name}-follower", follower_nodes, managers, with_plugin, follower_settings, heap, jvm,
                                follower_guard)
        self.link = Link(self.leader.nodes[0].transport_port)
        self.secure = secure
        self.api = self.follower  # whoever calls the replication API

    def start(self):
        start_together(self.leader, self.follower)
        if self.secure:
            self.trust(True)
            self.api = self.follower.users.user("operator")
            self.follower.users.grant(FOLLOWER_ROLE, "operator")
            self.leader.users.grant(LEADER_ROLE, "operator")
        self.connect(ALIAS, self.link)
        return self

    def close(self):
        self.link.close()
        self.leader.kill()
        self.follower.kill()

    def trust(self, trusted):
        """Whether the leader takes the follower's nodes for what they are."""
        url = f"{SECURITY_API}/nodesdn/follower"
        if trusted:
            self.leader.ok("PUT", url, {"nodes_dn": [f"CN=*,OU=follower,O={ORGANISATION}"]})
        else:
            self.leader.ok("DELETE", url)

    def connect(self, alias, link, wait=True, **more):
        """Registers the leader as a remote cluster behind a link."""
        prefix = f"cluster.remote.{alias}."
        values = {prefix + "mode": "proxy", prefix + "proxy_address": link.address, **more}
        self.follower.ok("PUT", "/_cluster/settings", {"persistent": values})
        if wait:
            self.wait_connected(alias)

    def wait_connected(self, alias=ALIAS, timeout=90):
        until(lambda: self._connected(alias), timeout, f"{alias} is connected")

    def _connected(self, alias):
        # Core connects anew only when somebody asks for the connection; _remote/info does not.
        self.follower.request("POST", f"/{alias}:none*/_search?size=0")
        return self.follower.ok("GET", "/_remote/info").get(alias, {}).get("connected")

    # ---- API: each answers the raw response ------------------------------------------------------------------------
    def url(self, index, verb):
        return API + path(index) + "/" + verb

    def start_replication(self, leader_index, follower_index=None, settings=None, alias=ALIAS, query="", **more):
        body = {"leader_alias": alias, "leader_index": leader_index, **more}
        if self.secure:
            body.setdefault("use_roles", {"leader_cluster_role": LEADER_ROLE, "follower_cluster_role": FOLLOWER_ROLE})
        if settings is not None:
            body["settings"] = settings
        return self.api.request("PUT", self.url(follower_index or leader_index, "_start") + query, body)

    def stop_replication(self, index):
        return self.api.request("POST", self.url(index, "_stop"), {})

    def pause(self, index, reason=None):
        return self.api.request("POST", self.url(index, "_pause"), {} if reason is None else {"reason": reason})

    def resume(self, index, body=None, query=""):
        return self.api.request("POST", self.url(index, "_resume") + query, body or {})

    def status(self, index, verbose=False):
        """The status document; it must come with 200."""
        return self.api.ok("GET", self.url(index, "_status") + ("?verbose=true" if verbose else ""))

    # ---- what tests do all the time ----------------------------------------------------------------------------------
    def follow(self, leader_index, follower_index=None, settings=None, **more):
        """Starts, and waits for SYNCING."""
        answer = self.start_replication(leader_index, follower_index, settings, **more)
        assert answer.status == 200 and answer.json == {"acknowledged": True}, answer
        self.wait_status(follower_index or leader_index, "SYNCING")

    def start_in_vain(self, leader_index, follower_index=None, query=""):
        """The answer of a _start that waits a second for a copy which cannot begin. Its checks have a second, too: when they
        took longer, nothing has begun, and it is asked again."""
        for _ in range(10):
            answer = self.start_replication(leader_index, follower_index, query="?wait_for_restore=true&timeout=1s" + query)
            if self.status(follower_index or leader_index)["status"] != "REPLICATION NOT IN PROGRESS":
                break
        return answer

    def held_in_the_copy(self, begin, timeout=60):
        """Has a copy begun, which the link holds in its middle. Answers the answer to the request for it."""
        self.follower.settings(plugins__replication__follower__index__recovery__chunk_size="1mb")
        wanted = self.link.stats()["down"] + 100_000
        self.link.stall(after=100_000)
        answer = begin()
        until(lambda: self.link.stats()["down"] >= wanted, timeout, "the copy has begun")
        return answer

    def wait_status(self, index, wanted, timeout=90):
        return until(lambda: self._status_is(index, wanted), timeout, f"status of {index} is {wanted}")

    def _status_is(self, index, wanted):
        status = self.status(index)
        if status.get("status") != wanted:
            raise AssertionError(f"status is {status}")
        return status

    def caught_up(self, leader_index, follower_index=None, timeout=120):
        content.wait_caught_up(self.leader, self.follower, leader_index, follower_index, timeout)

    def caught_up_to(self, index, seq_no, timeout=120, interval=0.05):
        """Waits until the primary of the follower's shard 0 has everything up to the number, while more may come."""
        until(lambda: self.follower.primary_checkpoints(index)[0][1] >= seq_no, timeout,
              f"{index} has caught up to {seq_no}", interval)

    def same(self, leader_index, follower_index=None, timeout=120, page=2000):
        """Waits until the follower caught up, then compares everything. Answers the number of documents."""
        self.caught_up(leader_index, follower_index, timeout)
        return content.compare(self.leader, self.follower, leader_index, follower_index, page)

    def half_applied(self, index, settings=None):
        """Follows with a batch that fails in its middle, again and again.

        Operations 0 to 119 are on the follower's primary, documents "0" to "119"; of those a replica has at most 50. The
        leader has 150.
        """
        self.leader.create_index(index, settings={"index.mapping.ignore_malformed": True},
                                 mappings={"properties": {"day": {"type": "date"}}})
        self.follow(index, settings={"index.mapping.ignore_malformed": False, **(settings or {})})
        self.follower.health(index)
        self.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(50)], index)
        self.caught_up(index)
        self.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n, **({"day": "none"} if n == 120 else {})})
                          for n in range(50, 150)], index)

        def half():
            primary, *replicas = (seq for _, _, seq, _ in self.follower.shard_stats(index))
            if primary["max_seq_no"] != 119 or any(replica["max_seq_no"] > 49 for replica in replicas):
                raise AssertionError(f"primary {primary}, replicas {replicas}, {self.status(index)}")
            return True
        until(half, 60, "the batch has failed in its middle")

    def mend(self):
        """As it was in the beginning, after a test that failed half-way: every node runs, and the link leads to the first."""
        self.link.retarget(self.leader.nodes[0])
        self.link.resume()
        broken = [cluster for cluster in (self.leader, self.follower) if not all(node.alive() for node in cluster.nodes)]
        for cluster in broken:
            for node in cluster.nodes:
                if not node.alive():
                    node.launch()
        for cluster in broken:
            cluster.wait_up()

    def drop(self, leader_index, follower_index=None):
        """Leaves nothing of these indices behind; errors do not matter."""
        follower_index = follower_index or leader_index
        try:
            self.link.resume()
            self.stop_replication(follower_index)
            self.follower.delete_index(follower_index)
            self.leader.delete_index(leader_index)
        except (OSError, AssertionError, StopIteration):
            pass

    def tasks(self, actions="*replication*"):
        """Tasks of the follower cluster by action pattern, as one list."""
        answer = self.follower.ok("GET", f"/_tasks?actions={quote(actions)}&detailed")
        return [task for node in answer["nodes"].values() for task in node["tasks"].values()]

    def tail(self):
        return self.leader.tail() + "\n" + self.follower.tail()

    def heap_signs(self):
        """Nodes on which more than a small node needs is still alive after all tests: something is not let go of."""
        nodes = [node for node in self.leader.nodes + self.follower.nodes if node.alive()]
        return [f"{node.name}: {used >> 20} MB of heap are alive" for node in nodes
                if (used := node.heap_used()) > LIVE_HEAP_MAX]

    def fatal_signs(self):
        return self.leader.fatal_signs() + self.follower.fatal_signs()
