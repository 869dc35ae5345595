"""What the environment says: the distribution, the plugin zip, the user that nodes run as, work folder."""
import atexit
import glob
import os
import pwd
import re
import shutil
import subprocess
import tempfile

PLUGIN_NAME = "opensearch-cross-cluster-replication"


def distribution():
    """The pristine OpenSearch distribution (OPENSEARCH_HOME)."""
    home = os.environ.get("OPENSEARCH_HOME")
    if not home or not os.path.exists(os.path.join(home, "bin", "opensearch")):
        raise RuntimeError("OPENSEARCH_HOME must name an unpacked OpenSearch 3.6.0 distribution")
    return os.path.realpath(home)


def plugin_zip():
    """The built plugin zip (CCR_PLUGIN_ZIP), or None when the nodes shall run without it."""
    path = os.environ.get("CCR_PLUGIN_ZIP")
    if not path:
        return None
    if not os.path.exists(path):
        raise RuntimeError(f"CCR_PLUGIN_ZIP names no file: {path}")
    return os.path.realpath(path)


def _java_version(home):
    try:
        text = open(os.path.join(home, "release"), encoding="utf-8").read()
    except OSError:
        return 0
    match = re.search(r'JAVA_VERSION="(\d+)', text)
    return int(match.group(1)) if match else 0


def java_home():
    """A JDK of 21 or newer: OPENSEARCH_JAVA_HOME, JAVA_HOME, or the newest that the system has."""
    asked = [os.environ.get("OPENSEARCH_JAVA_HOME"), os.environ.get("JAVA_HOME")]
    for home in asked:
        if home and _java_version(home) >= 21:
            return home
    found = sorted(glob.glob("/usr/lib/jvm/*/"), key=_java_version)
    if not found or _java_version(found[-1]) < 21:
        raise RuntimeError("no JDK of 21 or newer: set OPENSEARCH_JAVA_HOME")
    return found[-1]


def run_as():
    """(uid, gid) that nodes run as; None when we are not root, who alone may choose."""
    if os.geteuid() != 0:
        return None
    name = os.environ.get("CCR_TEST_USER")
    if not name:
        raise RuntimeError("OpenSearch refuses root: CCR_TEST_USER must name another user")
    entry = pwd.getpwnam(name)
    return entry.pw_uid, entry.pw_gid


_work = None


def work_dir():
    """Folder of this run: nodes, data, logs. CCR_TEST_DIR is kept; a folder of our own is removed."""
    global _work
    if _work is None:
        asked = os.environ.get("CCR_TEST_DIR")
        if asked:
            os.makedirs(asked, exist_ok=True)
            _work = tempfile.mkdtemp(prefix="run-", dir=asked)
        else:
            _work = tempfile.mkdtemp(prefix="ccr-cluster-")
            atexit.register(remove_work_dir)
        os.chmod(_work, 0o755)
    return _work


def snapshot_dir():
    """Where snapshot repositories of this run may lie."""
    path = os.path.join(work_dir(), "snapshots")
    if not os.path.exists(path):
        os.makedirs(path)
        give(path)
    return path


keep = False  # set when a test has failed: the logs are wanted then


def remove_work_dir():
    """Removes what can be large; after a failure only the data, so that the logs stay."""
    if _work is None:
        return
    if not keep:
        shutil.rmtree(_work, ignore_errors=True)
        return
    for data in glob.glob(os.path.join(_work, "*", "data")):
        shutil.rmtree(data, ignore_errors=True)
    print(f"\nlogs of the nodes are kept in {_work}")


def give(path):
    """Makes the folder and everything in it belong to the user that nodes run as."""
    owner = run_as()
    if owner is None:
        return
    os.chown(path, *owner)
    for base, folders, files in os.walk(path):
        for name in folders + files:
            os.chown(os.path.join(base, name), *owner, follow_symlinks=False)


def run(arguments, env=None, cwd=None):
    """Runs a command as the nodes' user; answers CompletedProcess with text output."""
    owner = run_as()
    who = {"user": owner[0], "group": owner[1], "extra_groups": []} if owner else {}
    return subprocess.run(arguments, env=env, cwd=cwd, capture_output=True, text=True, timeout=300, **who)
