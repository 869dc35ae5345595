"""docs/openapi.yaml: valid, and true of the running plugin, whatever a client sends that it allows."""
import json
import os
import subprocess
import sys

import pytest
from openapi_spec_validator import validate

from harness import openapi

# OpenSearch closes the connection on a method that HTTP does not know. Some requests are about followers that are there,
# so that answers with a content are judged, too.
CONFIG = """
[phases.coverage]
unexpected-methods = ["PATCH", "DELETE", "PUT", "POST", "GET"]

[dictionaries.followers]
values = %s

[[operations]]
include-operation-id = ["status", "pause", "resume", "update", "verify", "preflight", "cat_replication_of",
                        "cat_replication_shards_of"]
parameters = { "path.index" = { dictionary = "followers", probability = 0.5 } }
"""
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.no_plugin
def test_the_description_is_valid():
    validate(openapi.description())
    names = [operation["operationId"] for path in openapi.description()["paths"].values()
             for method, operation in path.items() if method != "parameters"]
    assert len(names) == len(set(names)), "every operation has a name of its own"


@pytest.fixture
def followers(pair):
    names = ["described-a", "described-b"]
    for one in names:
        pair.leader.create_index(one)
        pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n}) for n in range(50)], one)
        pair.follow(one)
    yield names
    for one in names:
        pair.drop(one)


def test_what_a_property_based_client_finds(pair, followers, tmp_path):
    """Schemathesis makes requests from the description, boundary values and damaged ones too, and judges the answers."""
    url = f"http://127.0.0.1:{pair.follower.nodes[0].http_port}"
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG % json.dumps(followers))
    command = [os.path.join(os.path.dirname(sys.executable), "schemathesis"), "--config-file", str(config), "run",
               str(openapi.FILE), "--url", url,
               "--phases", "coverage,fuzzing", "--checks", CHECKS, "--max-examples", "12", "--generation-deterministic", "--request-timeout", "90",
               "--suppress-health-check", "all", "--continue-on-failure", "--no-color"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-12000:] + done.stderr[-2000:]
    assert pair.follower.ok("GET", "/_cluster/health")["number_of_nodes"] == len(pair.follower.nodes)
