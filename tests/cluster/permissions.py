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
]


def call(client, endpoint, index):
    """Calls an endpoint for an index."""
    body = endpoint.body
    if body and "leader_index" in body:
        body = {**body, "leader_index": body["leader_index"].format(index=index)}
    return client.request(endpoint.method, endpoint.path.format(index=index), body)
