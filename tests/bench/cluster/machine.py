"""Describes the machine and what is measured on it, so that figures can be read later."""
import hashlib
import os
import platform
import re
import time

from harness import config


def _first(pattern, path, default="unknown"):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            match = re.search(pattern, file.read(), re.MULTILINE)
    except OSError:
        return default
    return match.group(1).strip() if match else default


def describe():
    """CPU, cores, memory, system, JDK, OpenSearch, and the plugin's digest."""
    with open(config.plugin_zip(), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    memory = int(_first(r"MemTotal:\s+(\d+)", "/proc/meminfo", "0")) // 1024
    return {
        "cpu": _first(r"^model name\s*:\s*(.+)$", "/proc/cpuinfo", platform.machine()),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": memory,
        "kernel": platform.release(),
        "system": _first(r'^PRETTY_NAME="(.+)"$', "/etc/os-release"),
        "jdk": _first(r'^IMPLEMENTOR_VERSION="(.+)"$', os.path.join(config.java_home(), "release")),
        "opensearch": "3.6.0",
        "plugin_sha256": digest,
        "load_average_before": os.getloadavg()[0],
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
