"""_metrics as Prometheus reads it, and the dashboard and the alert rules that use it."""
import json
import re
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

from harness.pair import ALIAS, API
from harness.wait import until

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PREFIX = "opensearch_replication_"


def families(cluster):
    """{family name without the prefix: family}; the parser refuses what OpenMetrics does not allow."""
    found = {}
    for family in parse(cluster.ok("GET", f"{API}/_metrics")):
        assert family.name.startswith(PREFIX) and family.documentation and family.type != "unknown", family
        assert family.unit or family.type == "info", f"{family.name} has no unit"
        assert family.name not in found
        found[family.name[len(PREFIX):]] = family
    return found


def of(family, **labels):
    """Values of the samples with these labels."""
    return [sample.value for sample in family.samples if labels.items() <= sample.labels.items()]


def filled(pair, index, **more):
    pair.leader.create_index(index, **more)
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n, "text": f"document {n}"}) for n in range(300)], index)
    pair.follow(index)
    pair.leader.bulk([({"index": {"_id": f"{n}"}}, {"n": n, "text": f"changed {n}"}) for n in range(200)], index)
    pair.caught_up(index)


def test_both_sides(pair, index):
    filled(pair, index, shards=2)
    follower = until(lambda: _at_rest(pair, index), 60, "the follower has everything")
    info = [s.labels for s in follower["follower"].samples if s.labels["index"] == index]
    assert info == [{"index": index, "leader_alias": ALIAS, "leader_index": index, "status": "SYNCING"}]
    assert sum(of(follower["follower_indices"], status="SYNCING")) >= 1
    assert of(follower["follower_lag_seconds"], index=index) == [0, 0]
    written = of(follower["follower_written_operations"], index=index)
    assert len(written) == 2 and written == of(follower["follower_read_operations"], index=index) and sum(written) > 0
    wire, plain = (sum(of(follower[f"follower_{what}_bytes"], index=index)) for what in ("wire", "plain"))
    assert 0 < wire < plain
    recovered, size = (sum(of(follower[f"follower_bootstrap_{what}_bytes"], index=index)) for what in ("recovered", "size"))
    assert recovered == size > 0

    leader = families(pair.leader)
    assert sum(of(leader["leader_read_operations"], index=index)) == sum(written), "what was read there arrived here"
    assert sum(of(leader["leader_plain_bytes"], index=index)) == plain
    assert sum(of(leader["leader_wire_bytes"], index=index)) == wire
    assert sum(of(leader["leader_answers"], index=index)) > 0
    assert until(lambda: sum(of(families(pair.leader)["leader_parked_polls"])) >= 2, 60, "both shards listen")
    assert of(leader["silent_nodes"]) == [0]
    assert set(leader) == set(follower), "every family is there on both sides, if only empty"


def _at_rest(pair, index):
    found = families(pair.follower)
    lag = of(found["follower_lag_operations"], index=index)
    return lag == [0, 0] and of(found["follower_lag_seconds"], index=index) == [0, 0] and found


def test_content_type(pair):
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", pair.follower.nodes[0].http_port, timeout=30)
    connection.request("GET", f"{API}/_metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
    answer = connection.getresponse()
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.read().endswith(b"# EOF\n")
    connection.close()


def test_dashboard_and_alerts_know_the_series(pair):
    """Each series that they name is there, with the suffix that the format gives it."""
    suffix = {"counter": "_total", "info": "_info"}
    names = {PREFIX + name + suffix.get(family.type, "") for name, family in families(pair.follower).items()}
    dashboard = json.loads((DOCS / "grafana-dashboard.json").read_text())
    for text in (json.dumps(dashboard), (DOCS / "prometheus-alerts.yaml").read_text()):
        used = set(re.findall(PREFIX + r"\w+", text))
        assert used and used <= names, sorted(used - names)
    assert all(panel["title"] and panel["targets"] for panel in dashboard["panels"] if panel["type"] != "row")
