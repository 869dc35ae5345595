#!/usr/bin/env python3
"""Prints the path of a Security plugin zip that installs on the OpenSearch distribution of this project.

Maven Central has the plugin as a zip for 3.4.0 and none for 3.6.0; the classes that give a request its identity are the same.
It is taken once, through this user's own Maven settings, checked against the sum below, and changed in two ways: the
descriptor names the version of the distribution, and jars that the distribution has itself are left out (jar hell otherwise).
$CCR_SECURITY_ZIP is taken as it is when set. The result lies in ${XDG_CACHE_HOME:-~/.cache}/opensearch-ccr-native.
"""
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
VERSION = "3.4.0.0"
SUM = "fc164c084979f7f793d295b6bca56bf8bee76dafb762adef9f14fa872e0a7596"
ARTIFACT = f"org.opensearch.plugin:opensearch-security:{VERSION}:zip"
GETTER = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
DESCRIPTOR = "plugin-descriptor.properties"


def fail(text):
    sys.exit(f"opensearch-security: {text}")


def distribution():
    done = subprocess.run([HERE / "opensearch-home.sh"], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        fail("no distribution to fit the plugin to")
    return pathlib.Path(done.stdout.strip())


def fetch(folder):
    print(f"opensearch-security: taking the Security plugin {VERSION} (49 MB) from Maven Central, once", file=sys.stderr)
    if shutil.which("mvn") is None:
        fail("mvn is missing: apt-get install maven, or set CCR_SECURITY_ZIP")
    done = subprocess.run([HERE / "again.sh", "mvn", "-B", "-q", "-U", "--strict-checksums", GETTER, f"-Dartifact={ARTIFACT}",
                           f"-DoutputDirectory={folder}"], capture_output=True, text=True)
    found = folder / f"opensearch-security-{VERSION}.zip"
    if done.returncode or not found.exists():
        fail(f"Maven could not get {ARTIFACT}:\n{(done.stdout + done.stderr)[-2000:]}")
    if hashlib.sha256(found.read_bytes()).hexdigest() != SUM:
        fail("the download is damaged: its sha256 differs")
    return found


def adapt(source, target, home, version):
    """Copies the zip without what the distribution has, and with its version in the descriptor."""
    present = {path.name for path in (home / "lib").iterdir()}
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for entry in old.infolist():
            if entry.filename in present or entry.is_dir():
                continue
            content = old.read(entry)
            if entry.filename == DESCRIPTOR:
                content = re.sub(rb"(?m)^opensearch\.version=.*$", b"opensearch.version=" + version.encode(), content)
            new.writestr(entry, content)


def main():
    given = os.environ.get("CCR_SECURITY_ZIP")
    if given:
        if not os.path.exists(given):
            fail(f"CCR_SECURITY_ZIP names no file: {given}")
        print(given)
        return
    home = distribution()
    version = next((home / "lib").glob("opensearch-core-*.jar")).name[len("opensearch-core-"):-len(".jar")]
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "opensearch-ccr-native"
    cache.mkdir(parents=True, exist_ok=True)
    place = cache / f"opensearch-security-{VERSION}-on-{version}.zip"
    with open(cache / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            with tempfile.TemporaryDirectory(dir=cache) as work:
                ready = pathlib.Path(work) / "ready.zip"
                adapt(fetch(pathlib.Path(work)), ready, home, version)
                ready.chmod(0o644)
                ready.rename(place)
    print(place)


if __name__ == "__main__":
    main()
