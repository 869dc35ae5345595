"""Install and remove by the real command, as a user does it."""
import os
import zipfile

from harness import config
from harness.cluster import Cluster
from harness.node import plugin_command
from harness.wait import until


def test_zip_holds_what_it_must():
    with zipfile.ZipFile(config.plugin_zip()) as archive:
        names = archive.namelist()
    assert "plugin-descriptor.properties" in names
    assert any(name.startswith("native/linux-") and name.endswith(".so") for name in names), names
    assert any("licen" in name.lower() or "notice" in name.lower() for name in names), names
    assert not any("protobuf-java" in name for name in names), "the node has its own copy: this would be jar hell"


def test_install_run_remove_run():
    cluster = Cluster("install", with_plugin=False)
    node = cluster.nodes[0]
    try:
        done = plugin_command(node.home, "install", "--batch", "file://" + config.plugin_zip())
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"Installed {config.PLUGIN_NAME}" in done.stdout
        assert "additional permissions" not in done.stdout, "a plugin without a policy asks for nothing"
        again = plugin_command(node.home, "install", "--batch", "file://" + config.plugin_zip())
        assert again.returncode != 0 and "already exists" in again.stdout + again.stderr
        listed = plugin_command(node.home, "list")
        assert config.PLUGIN_NAME in listed.stdout.split()
        cluster.start()
        assert config.PLUGIN_NAME in cluster.ok("GET", "/_cat/plugins")
        cluster.create_index("kept")
        cluster.put("kept", "1", {"n": 1})
        node.stop()
        removed = plugin_command(node.home, "remove", config.PLUGIN_NAME)
        assert removed.returncode == 0, removed.stdout + removed.stderr
        assert not os.path.exists(os.path.join(node.home, "plugins", config.PLUGIN_NAME))
        node.start()
        until(lambda: cluster.get("kept", "1"), 30, "an ordinary index is there without the plugin")
        assert config.PLUGIN_NAME not in str(cluster.ok("GET", "/_cat/plugins"))
        assert not node.fatal_signs()
    finally:
        cluster.kill()
