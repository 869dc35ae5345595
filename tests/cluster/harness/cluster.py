"""A cluster of real nodes on this host."""
import itertools
import json
import threading
from urllib.parse import quote

from .guard import Users
from . import config
from .node import Node
from .wait import WaitTimeout, until

_numbers = itertools.count(1)

DEFAULTS = {
    "cluster.routing.allocation.disk.threshold_enabled": False,
    "cluster.routing.allocation.node_concurrent_recoveries": 8,
    "cluster.max_shards_per_node": 3000,
    "action.destructive_requires_name": False,
    "indices.recovery.max_bytes_per_sec": "500mb",
    "cluster.fault_detection.leader_check.interval": "500ms",
    "cluster.fault_detection.follower_check.interval": "500ms",
}


def path(*parts):
    """A URL path of parts that may hold any character."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


class Cluster:
    """Nodes of one cluster. Node 0 alone is the cluster manager unless managers says more.

    With a guard it is a secured cluster: requests go as its administrator, and users are made with self.users.
    """

    def __init__(self, name, nodes=1, managers=1, with_plugin=True, settings=None, heap="448m", jvm=None, guard=None):
        self.name = f"{name}-{next(_numbers)}"
        names = [f"{self.name}-n{number}" for number in range(nodes)]
        common = {"cluster.name": self.name, "path.repo": config.snapshot_dir(), **DEFAULTS, **(settings or {})}
        self.nodes = []
        for number in range(nodes):
            own = dict(common)
            if nodes == 1:
                own["discovery.type"] = "single-node"
            else:
                manager = number < managers
                own["node.roles"] = "[cluster_manager, data, ingest, remote_cluster_client]" if manager \
                    else "[data, ingest, remote_cluster_client]"
                own["cluster.initial_cluster_manager_nodes"] = "[" + ", ".join(names[:managers]) + "]"
            self.nodes.append(Node(names[number], own, with_plugin, heap, jvm, guard))
        self.users = Users(self, guard) if guard else None
        if nodes > 1:
            seeds = ", ".join(f'"127.0.0.1:{node.transport_port}"' for node in self.nodes)
            for node in self.nodes:
                node.settings["discovery.seed_hosts"] = f"[{seeds}]"
                node.write_config()

    # ---- life ----------------------------------------------------------------------------------------------------
    def launch(self):
        for node in self.nodes:
            node.launch()

    def wait_up(self, timeout=300):
        for node in self.nodes:
            node.wait_up(timeout)
        self.wait_nodes(len(self.nodes), timeout)
        if self.users:
            self.users.wait_ready()

    def start(self):
        self.launch()
        self.wait_up()
        return self

    def stop(self):
        for node in self.nodes:
            node.stop()

    def kill(self):
        for node in self.nodes:
            node.kill()

    def live(self):
        """A node that runs."""
        return next(node for node in self.nodes if node.alive())

    def wait_nodes(self, count, timeout=90):
        def there():
            health = self.http.request("GET", "/_cluster/health").json
            return health.get("number_of_nodes") == count and not health.get("timed_out")
        until(there, timeout, f"{self.name} has {count} nodes")

    # ---- requests ------------------------------------------------------------------------------------------------
    @property
    def http(self):
        return self.live().http

    def request(self, method, url, body=None, ndjson=False):
        return self.http.request(method, url, body, ndjson)

    def ok(self, method, url, body=None, ndjson=False):
        return self.http.ok(method, url, body, ndjson)

    def create_index(self, index, shards=1, replicas=0, settings=None, mappings=None, aliases=None):
        body = {"settings": {"index.number_of_shards": shards, "index.number_of_replicas": replicas,
                             **(settings or {})}}
        if mappings is not None:
            body["mappings"] = mappings
        if aliases is not None:
            body["aliases"] = aliases
        return self.ok("PUT", path(index), body)

    def bulk(self, lines, index=None):
        """One bulk request of (action, source or None) pairs; answers the items."""
        text = "".join(json.dumps(action, ensure_ascii=False) + "\n"
                       + ("" if source is None else json.dumps(source, ensure_ascii=False) + "\n")
                       for action, source in lines)
        answer = self.ok("POST", (path(index) if index else "") + "/_bulk", text, ndjson=True)
        return answer["items"]

    def put(self, index, doc_id, source, **parameters):
        query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in parameters.items())
        return self.ok("PUT", path(index, "_doc", doc_id) + ("?" + query if query else ""), source)

    def get(self, index, doc_id, routing=None):
        """The document by a real-time get, or None."""
        query = f"?routing={quote(routing, safe='')}" if routing else ""
        answer = self.request("GET", path(index, "_doc", doc_id) + query)
        return answer.json if answer.status == 200 else None

    def refresh(self, index):
        answer = self.ok("POST", path(index, "_refresh"))
        assert answer["_shards"]["failed"] == 0, answer

    def health(self, index=None, status="green", timeout=180):
        """Waits until the index (or all of the cluster) has the status."""
        url = "/_cluster/health" + (path(index) if index else "")

        def reached():
            answer = self.request("GET", url).json
            return answer.get("status") == status and not answer.get("relocating_shards") \
                and not answer.get("initializing_shards")
        try:
            until(reached, timeout, f"{index or self.name} is {status}")
        except WaitTimeout as error:
            more = [self.request("GET", url).text for url in (
                "/_cat/shards?h=index,shard,prirep,state,node,unassigned.reason,unassigned.details",
                "/_cat/recovery?active_only=true", "/_cluster/pending_tasks", "/_cat/thread_pool?h=name,active,queue",
                f"{path(index) if index else ''}/_stats?level=shards&filter_path=indices.*.shards.*.seq_no")]
            raise WaitTimeout(f"{error}\n" + "\n".join(more)[:6000]) from None

    def settings(self, **values):
        """Sets persistent cluster settings; a double underscore in a name stands for a dot."""
        flat = {key.replace("__", "."): value for key, value in values.items()}
        return self.ok("PUT", "/_cluster/settings", {"persistent": flat})

    def delete_index(self, index):
        return self.request("DELETE", path(index))

    # ---- shards --------------------------------------------------------------------------------------------------
    def node_ids(self):
        """name -> id of the nodes in the cluster."""
        nodes = self.ok("GET", "/_nodes/_all/info/none")["nodes"]
        return {node["name"]: node_id for node_id, node in nodes.items()}

    def node_by_id(self, node_id):
        names = {value: key for key, value in self.node_ids().items()}
        return next(node for node in self.nodes if node.name == names[node_id])

    def shard_stats(self, index):
        """[(shard number, routing, seq_no, stats)] of every copy."""
        answer = self.ok("GET", path(index, "_stats") + "?level=shards&forbid_closed_indices=false")
        found = []
        for name, stats in answer["indices"].items():
            if name != index:
                continue
            for number, copies in stats["shards"].items():
                for copy in copies:
                    found.append((int(number), copy["routing"], copy.get("seq_no", {}), copy))
        return sorted(found, key=lambda item: (item[0], not item[1]["primary"]))

    def primary_checkpoints(self, index):
        """shard -> (max_seq_no, local_checkpoint, global_checkpoint) of the primaries."""
        return {number: (seq["max_seq_no"], seq["local_checkpoint"], seq["global_checkpoint"])
                for number, routing, seq, _ in self.shard_stats(index) if routing["primary"]}

    def leases(self, index):
        """shard -> leases of its primary."""
        return {number: stats["retention_leases"]["leases"]
                for number, routing, _, stats in self.shard_stats(index) if routing["primary"]}

    def primary_node(self, index, shard=0):
        """The Node that holds the active primary."""
        def found():
            for number, routing, _, _ in self.shard_stats(index):
                if number == shard and routing["primary"] and routing["state"] == "STARTED":
                    return self.node_by_id(routing["node"])
            return None
        return until(found, 60, f"primary of [{index}][{shard}] is active")

    def move(self, index, shard, source, target):
        self.ok("POST", "/_cluster/reroute", {"commands": [{"move": {
            "index": index, "shard": shard, "from_node": source.name, "to_node": target.name}}]})

    # ---- health of the processes -----------------------------------------------------------------------------------
    def tail(self):
        return "\n".join(node.tail() for node in self.nodes)

    def fatal_signs(self):
        return [sign for node in self.nodes for sign in node.fatal_signs()]


def start_together(*clusters):
    """Starts several clusters at the same time."""
    for cluster in clusters:
        cluster.launch()
    failures = []

    def wait(cluster):
        try:
            cluster.wait_up()
        except BaseException as error:  # told to the caller below, whatever it is
            failures.append(error)

    threads = [threading.Thread(target=wait, args=(cluster,), daemon=True) for cluster in clusters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        for cluster in clusters:
            cluster.kill()
        raise failures[0]
