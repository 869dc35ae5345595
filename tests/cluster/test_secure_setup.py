"""docs/SECURITY_SETUP.md does what it says: its commands are run, its settings are ours, its table is complete."""
import os
import pathlib
import re
import subprocess

import permissions
from harness import config
from permissions import ENDPOINTS, FOLLOWER_ACTIONS, LEADER_ACTIONS

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "SECURITY_SETUP.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, flags=re.S | re.M)


def test_every_command_works(secure_pair, tmp_path):
    pair = secure_pair
    guards = {side: getattr(pair, side).users.guard for side in ("leader", "follower")}

    def admin(side):
        certificate, key = guards[side].admin
        return f"--cacert {guards[side].authority.certificate} --cert {certificate} --key {key}"
    given = {"PATH": os.environ["PATH"], "HOME": str(tmp_path),
             "LEADER": f"https://127.0.0.1:{pair.leader.nodes[0].http_port}",
             "FOLLOWER": f"https://127.0.0.1:{pair.follower.nodes[0].http_port}",
             "LEADER_TRANSPORT": f"127.0.0.1:{pair.leader.nodes[0].transport_port}",
             "LEADER_ADMIN": admin("leader"), "FOLLOWER_ADMIN": admin("follower"),
             "CA": guards["leader"].authority.certificate, "FOLLOWER_NODES": "CN=*,OU=follower,O=ccr"}
    script = "set -euo pipefail\n" + "\n".join(blocks("sh"))
    pair.trust(False)  # the document begins with two clusters that know nothing of each other
    try:
        refused = pair.start_replication("logs-2026")
        assert refused.status >= 400 and "OU=follower" in refused.text, refused
        done = subprocess.run(["bash", "-c", script], env=given, cwd=tmp_path, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        assert "no permissions for [indices:data/read/plugins/replication/changes]" in done.stdout
        for name, unit, usage in (("follower-node-1", "follower", "Server"), ("follower-admin", "administrators", "")):
            shown = subprocess.run(["openssl", "x509", "-noout", "-subject", "-ext", "extendedKeyUsage", "-in",
                                    str(tmp_path / "certificates" / f"{name}.pem")], capture_output=True, text=True).stdout
            assert unit in shown and bool(usage) == ("TLS Web Server" in shown) and "TLS Web Client" in shown, shown
        assert '"message": "hello"' in done.stdout or '"message":"hello"' in done.stdout
    finally:
        pair.trust(True)
        pair.drop("logs-2026")
        pair.follower.settings(**{"cluster.remote.main.seeds": None})


def test_defaults_are_what_the_recipe_makes():
    """A shell that sets nothing uses the files of step 1, and no administrator is in the unit that the leader trusts as nodes."""
    setup, recipe = blocks("sh")[:2]
    made = set(re.findall(r"^certify (\S+) ", recipe, flags=re.M)) | {"ca"}
    used = set(re.findall(r"certificates/([\w-]+)\.(?:pem|key)", setup))
    assert used == {"ca", "leader-admin", "follower-admin"} <= made, (used, made)
    units = dict(re.findall(r"^certify (\S+) (\S+) ", recipe, flags=re.M))
    trusted = re.search(r"FOLLOWER_NODES:=CN=\*,OU=(\w+),", setup).group(1)
    assert [name for name, unit in units.items() if unit == trusted] == ["follower-node-1"]
    assert f"CN=leader-admin,OU={units['leader-admin']},O=example" in blocks("yaml")[0]
    for side in ("leader", "follower"):
        host = re.search(rf"{side.upper()}:=https://([\w.]+):", setup).group(1)
        assert re.search(rf"^certify {side}-node-1 \S+ \S+ IP:[\d.]+,DNS:{host}$", recipe, flags=re.M), side


def test_settings_are_those_of_the_tests(secure_pair):
    """What the document tells to set is what the tests run with."""
    ours = secure_pair.leader.nodes[0].settings
    for line in blocks("yaml")[0].splitlines():
        assert line.split(":")[0] in ours, line


def test_table_is_complete():
    """Every endpoint of the permission tests has its row, and every action of the plugin is named."""
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]
    for endpoint in ENDPOINTS:
        path = endpoint.path.removeprefix(permissions.API + "/").split("?")[0].replace("abc:1", "{task}")
        found = [row for row in rows if f"`{endpoint.method} {path}`" in row]
        assert found and f"`{endpoint.permission}`" in found[0], endpoint
    for action in LEADER_ACTIONS + FOLLOWER_ACTIONS:
        assert f"`{action}`" in TEXT, action
    names = set()
    for source in (ROOT / "jni-shim" / "java").rglob("*.java"):
        names |= set(re.findall(r'"((?:indices|cluster):[a-z_/]*plugins/replication/[a-z_/]+[a-z])"', source.read_text(encoding="utf-8")))
    tasks = {"cluster:admin/plugins/replication/autofollow"}  # a persistent task, no request
    missing = {name for name in names - tasks if f"`{name}`" not in TEXT}
    assert not missing, missing


def test_no_key_is_in_the_repository():
    tracked = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True)
    if tracked.returncode:  # a source archive has no history to look through
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file() and "build" not in path.parts]
    else:
        names = [name for name in tracked.stdout.split("\0") if name]
    for name in names:
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 1 << 20:
            assert b"PRIVATE KEY-----" not in path.read_bytes().replace(b'b"PRIVATE KEY-----"', b""), name
    assert config.plugin_zip()
