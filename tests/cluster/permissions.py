"""What each endpoint needs: the table that the permission tests run through and that docs/SECURITY_SETUP.md shows."""
from collections import namedtuple

from harness.pair import ALIAS, API

SETUP = "indices:admin/plugins/replication/index/setup/validate"
READ = "indices:data/read/plugins/replication/changes"
FILES = "indices:data/read/plugins/replication/file_chunk"
WRITE = "indices:data/write/plugins/replication/changes"
INDEX = "indices:admin/plugins/replication/index/"
CLUSTER = "cluster:admin/plugins/replication/"

LEADER_ACTIONS = [SETUP, READ, FILES]
FOLLOWER_ACTIONS = [SETUP, WRITE]

# An endpoint of the follower. permission: what its caller needs; path may name {index}.
Endpoint = namedtuple("Endpoint", "name permission method path body")

ENDPOINTS = [
    Endpoint("_start", INDEX + "start", "PUT", API + "/{index}/_start",
             {"leader_alias": ALIAS, "leader_index": "absent-{index}",
              "use_roles": {"leader_cluster_role": "x", "follower_cluster_role": "y"}}),
    Endpoint("_stop", INDEX + "stop", "POST", API + "/{index}/_stop", {}),
    Endpoint("_pause", INDEX + "pause", "POST", API + "/{index}/_pause", {}),
    Endpoint("_resume", INDEX + "resume", "POST", API + "/{index}/_resume", {}),
    Endpoint("_autofollow", CLUSTER + "autofollow/update", "DELETE", API + "/_autofollow",
             {"leader_alias": ALIAS, "name": "none-such"}),
    Endpoint("_autofollow GET", CLUSTER + "autofollow/get", "GET", API + "/_autofollow", None),
    Endpoint("_autofollow/_dry_run", CLUSTER + "autofollow/dry_run", "POST", API + "/_autofollow/_dry_run",
             {"leader_alias": ALIAS, "name": "none-such", "pattern": "none-such",
              "use_roles": {"leader_cluster_role": "x", "follower_cluster_role": "y"}}),
    Endpoint("_status", INDEX + "status_check", "GET", API + "/{index}/_status", None),
    Endpoint("_verify", INDEX + "verify", "POST", API + "/{index}/_verify", None),
    Endpoint("_preflight", INDEX + "preflight", "GET", API + "/{index}/_preflight", None),
    Endpoint("_update", INDEX + "update", "PUT", API + "/{index}/_update", {"index.number_of_replicas": 0}),
    Endpoint("_failover", INDEX + "failover", "POST", API + "/{index}/_failover", None),
    Endpoint("leader_stats", INDEX + "stats", "GET", API + "/leader_stats", None),
    Endpoint("follower_stats", "indices:admin/plugins/replication/follower/stats", "GET", API + "/follower_stats", None),
    Endpoint("autofollow_stats", "indices:admin/plugins/replication/autofollow/stats", "GET", API + "/autofollow_stats", None),
    Endpoint("_metrics", "cluster:monitor/plugins/replication/metrics", "GET", API + "/_metrics", None),
    Endpoint("_bulk_start", CLUSTER + "bulk/start", "POST", API + "/_bulk_start",
             {"leader_alias": ALIAS, "pattern": "none-*",
              "use_roles": {"leader_cluster_role": "x", "follower_cluster_role": "y"}}),
    Endpoint("_bulk_stop", CLUSTER + "bulk/stop", "POST", API + "/_bulk_stop", {"pattern": "none-*"}),
    Endpoint("_bulk_pause", CLUSTER + "bulk/pause", "POST", API + "/_bulk_pause", {"pattern": "none-*"}),
    Endpoint("_bulk_resume", CLUSTER + "bulk/resume", "POST", API + "/_bulk_resume", {"pattern": "none-*"}),
    Endpoint("_bulk_status", CLUSTER + "bulk/status", "GET", API + "/_bulk_status?pattern=none-*", None),
    Endpoint("_task_status", CLUSTER + "bulk/task/status", "GET", API + "/_task_status/abc:1", None),
    Endpoint("_task_cancel", CLUSTER + "bulk/task/cancel", "POST", API + "/_task_cancel/abc:1", None),
]

# Judged as if they were about every index, since they name none: their permission is needed on "*".
OF_ALL_INDICES = {"leader_stats", "follower_stats", "autofollow_stats"}
# Lists without a permission of their own: they hold the indices whose status the caller may ask for.
LISTS = [API + "/_status", "/_cat/replication", "/_cat/replication/shards"]


def call(client, endpoint, index):
    """Calls an endpoint for an index."""
    body = endpoint.body
    if body and "leader_index" in body:
        body = {**body, "leader_index": body["leader_index"].format(index=index)}
    return client.request(endpoint.method, endpoint.path.format(index=index), body)
