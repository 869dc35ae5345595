"""Auto-follow rules of a pair: making, looking, and leaving nothing behind."""
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from .guard import FOLLOWER_ROLE, LEADER_ROLE
from .pair import ALIAS, API
from .wait import until

RULES = API + "/_autofollow"
FOLLOWER_TASK = "replication:index:"  # ids of the tasks of followers begin so


class Rules:
    """Rules of one test; every index of it begins with prefix."""

    def __init__(self, pair, prefix):
        self.pair = pair
        self.prefix = prefix
        self.http = pair.follower
        self.most_copies = 0

    def make(self, body=None, **more):
        """POST of a rule with the prefix as name and prefix-* as pattern; answers the raw response."""
        whole = {"leader_alias": ALIAS, "name": self.prefix, "pattern": f"{self.prefix}-*", **(body or {}), **more}
        if self.pair.secure:
            whole.setdefault("use_roles", {"leader_cluster_role": LEADER_ROLE, "follower_cluster_role": FOLLOWER_ROLE})
        whole = {key: value for key, value in whole.items() if value is not None}
        return self.pair.api.request("POST", RULES, whole)

    def made(self, **more):
        answer = self.make(**more)
        assert answer.status == 200 and answer.json == {"acknowledged": True}, answer

    def remove(self, name=None, alias=ALIAS):
        return self.pair.api.request("DELETE", RULES, {"leader_alias": alias, "name": name or self.prefix})

    def update(self, name=None, **fields):
        return self.http.request("PUT", f"{RULES}/{name or self.prefix}", fields)

    def verb(self, verb, method="POST", body=None, name=None):
        return self.http.request(method, f"{RULES}/{name or self.prefix}/{verb}", body)

    def get(self, name=None):
        """The one rule as GET shows it."""
        return self.http.ok("GET", f"{RULES}/{name or self.prefix}")["rules"][0]

    def failure(self, leader_index):
        """The failure of one leader index, or None."""
        return next((one for one in self.get()["failures"] if one["leader_index"] == leader_index), None)

    def stats(self):
        return self.http.ok("GET", API + "/autofollow_stats")

    def dry_run(self, body=None, name=None):
        """leader index -> (list that it stands in, reason or None)."""
        if body is None:
            answer = self.http.ok("GET", f"{RULES}/{name or self.prefix}/_dry_run")
        else:
            answer = self.http.ok("POST", f"{RULES}/_dry_run", body)
        return {one["leader_index"]: (where, one.get("reason")) for where, found in answer.items() for one in found}

    def looked(self):
        """Waits until the rule has looked at the leader's indices as they are now: a marker index is followed."""
        self.pair.leader.create_index(f"{self.prefix}-marker")
        self.pair.wait_status(f"{self.prefix}-marker", "SYNCING")

    def followed(self, index, timeout=60):
        self.pair.wait_status(index, "SYNCING", timeout)

    def not_there(self, *indices):
        for index in indices:
            assert self.http.request("HEAD", "/" + quote(index)).status == 404, f"{index} is there"

    def copies(self):
        """Followers of this test whose files are on their way; the most of them that was seen stays in most_copies."""
        early = [task for task in self._tasks()
                 if next(iter(task["task"].values())).get("state", {}).get("state", "INIT") in ("INIT", "RESTORING")]
        self.most_copies = max(self.most_copies, len(early))
        return len(early)

    def clear(self):
        for rule in self.http.ok("GET", RULES)["rules"]:
            if rule["name"].startswith(self.prefix):
                self.remove(rule["name"], rule["leader_alias"])
        until(self._nothing_left, 300, "nothing is left")

    def _nothing_left(self):
        """Takes away what there is: a start that was under way makes its follower after the rule has gone."""
        begun = {task["id"].removeprefix(FOLLOWER_TASK) for task in self._tasks()}
        found = [(self.pair.follower, sorted(begun.union(self._indices(self.pair.follower)))),
                 (self.pair.leader, self._indices(self.pair.leader))]
        with ThreadPoolExecutor(8) as several:
            list(several.map(self.pair.stop_replication, found[0][1]))
        for cluster, names in found:
            if names:
                cluster.request("DELETE", "/" + ",".join(quote(one) for one in names)
                                + "?expand_wildcards=all&ignore_unavailable=true")
        return not any(names for _, names in found)

    def _tasks(self):
        """Persistent tasks of this test's followers."""
        state = self.http.ok("GET", "/_cluster/state/metadata?filter_path=metadata.persistent_tasks.tasks")
        tasks = state.get("metadata", {}).get("persistent_tasks", {}).get("tasks", [])
        return [task for task in tasks if task["id"].startswith(FOLLOWER_TASK + self.prefix)]

    def _indices(self, cluster):
        """Names of this test's indices, hidden and closed ones, too."""
        answer = cluster.ok("GET", "/_cat/indices?format=json&h=index&expand_wildcards=all")
        return sorted(one["index"] for one in answer if self.prefix in one["index"])
