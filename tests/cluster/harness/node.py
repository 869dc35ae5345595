"""One OpenSearch node: a thin home, its process, its logs."""
import glob
import os
import random
import re
import shutil
import signal
import socket
import subprocess

from . import config
from .guard import security_zip
from .http import Http
from .spawn import spawn
from .wait import until

# The client compiler and the serial collector make small nodes start and answer fast on few cores.
# A benchmark measures the production choices and passes its own options.
TEST_JVM = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
BENCH_JVM = ["-XX:+UseG1GC", "-XX:G1ReservePercent=25", "-XX:InitiatingHeapOccupancyPercent=30"]
COMMON_JVM = [
    "-XX:+HeapDumpOnOutOfMemoryError", "-XX:HeapDumpPath=data", "-XX:ErrorFile=logs/hs_err_pid%p.log",
    "-Djava.io.tmpdir=${OPENSEARCH_TMPDIR}", "--add-modules=jdk.incubator.vector",
    "-javaagent:agent/opensearch-agent.jar",
    "--add-opens=java.base/java.nio=org.apache.arrow.memory.core,ALL-UNNAMED",
    "-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1",
]

_NOISE = re.compile(r"\.grpc\.|AuditLogImpl|insecure file permissions|security\.configuration|MergeSchedulerConfig|onIndexModule|BootstrapChecks|\[stderr|DanglingIndices")
_given_ports = set()
# Two processes that test at the same time never choose the same port.
_PARITY = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 2


def free_port():
    """A loopback port that is free now and below the ephemeral range, so that it stays ours over a restart."""
    while True:
        port = random.randrange(15000, 32000)
        if port in _given_ports or port % 2 != _PARITY:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given_ports.add(port)
        return port


def copy_home(source, target):
    """Copies a home; files are linked where the file system allows, since nobody writes to them."""
    def put(src, dst):
        try:
            os.link(src, dst)
        except OSError:
            shutil.copy2(src, dst)

    own = ("config", "data", "logs")
    shutil.copytree(source, target, copy_function=put, symlinks=True,
                    ignore=lambda folder, names: own if folder == source else ())
    # Linked files must not be written through: these are real copies.
    shutil.copytree(os.path.join(source, "config"), os.path.join(target, "config"), symlinks=True)
    for name in ("data", "logs", "tmp", "plugins"):
        os.makedirs(os.path.join(target, name), exist_ok=True)
    # The folder itself must belong to the user (work folder of the JVM, and bin/plugin wants to write plugins).
    owner = config.run_as()
    if owner:
        os.chown(target, *owner)
        for name in ("config", "data", "logs", "tmp"):
            config.give(os.path.join(target, name))
        for base, folders, files in os.walk(os.path.join(target, "plugins")):
            os.chown(base, *owner)


def environment(home):
    """What bin/* of a home get as environment."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": os.path.join(home, "tmp"), "LANG": "C.UTF-8",
            "OPENSEARCH_JAVA_HOME": config.java_home(), "OPENSEARCH_TMPDIR": os.path.join(home, "tmp")}


def plugin_command(home, *arguments):
    """Runs bin/opensearch-plugin of a home as its user."""
    command = [os.path.join(home, "bin", "opensearch-plugin"), *arguments]
    return config.run(command, env=environment(home), cwd=home)


_templates = {}


def template(with_plugin, more=None):
    """A home to copy from, made once: the distribution, and the plugins installed by the real installer.

    more: another plugin's zip.
    """
    zips = ([config.plugin_zip()] if with_plugin else []) + ([more] if more else [])
    key = tuple(zips)
    if key not in _templates:
        home = os.path.join(config.work_dir(), f"template-{len(_templates)}")
        copy_home(config.distribution(), home)
        for path in zips:
            done = plugin_command(home, "install", "--batch", "file://" + path)
            if done.returncode != 0:
                raise AssertionError(f"install failed: {done.stdout}\n{done.stderr}")
        _templates[key] = home
    return _templates[key]


class Node:
    """A node with a home of its own, with the Security plugin when it has a guard. Not started by the constructor."""

    def __init__(self, name, settings, with_plugin=True, heap="448m", jvm=None, guard=None):
        self.name = name
        self.home = os.path.join(config.work_dir(), name)
        self.http_port, self.transport_port = free_port(), free_port()
        self.heap, self.jvm = heap, list(TEST_JVM if jvm is None else jvm)
        self.process = None
        self.starts = 0
        copy_home(template(with_plugin, security_zip() if guard else None), self.home)
        self.settings = dict(settings)
        self.http = Http(self.http_port)
        if guard:
            guard.install(self)
        self.write_config()

    def write_config(self):
        """Writes opensearch.yml and jvm.options; takes effect at the next start."""
        lines = {"node.name": self.name, "network.host": "127.0.0.1", "http.port": self.http_port,
                 "transport.port": self.transport_port, **self.settings}
        if "-XX:+UseSerialGC" in self.jvm:
            # This collector leaves garbage until the old generation is full, and the breaker would take it for use.
            # What is alive is measured instead, when a pair ends.
            lines.setdefault("indices.breaker.total.use_real_memory", False)
        folder = os.path.join(self.home, "config")
        with open(os.path.join(folder, "opensearch.yml"), "w", encoding="utf-8") as out:
            for key, value in lines.items():
                text = str(value).lower() if isinstance(value, bool) else value
                out.write(f"{key}: {text}\n")
        with open(os.path.join(folder, "jvm.options"), "w", encoding="utf-8") as out:
            out.write("\n".join([f"-Xms{self.heap}", f"-Xmx{self.heap}", *COMMON_JVM, *self.jvm]) + "\n")
        config.give(folder)

    # ---- process -------------------------------------------------------------------------------------------------
    def launch(self):
        """Starts the process and returns at once."""
        if self.alive():
            raise AssertionError(f"{self.name} runs already")
        self.http.close()
        owner = config.run_as()
        who = {"user": owner[0], "group": owner[1], "extra_groups": []} if owner else {}
        out = open(os.path.join(self.home, "logs", "console.log"), "ab")
        with out:
            self.process = spawn([os.path.join(self.home, "bin", "opensearch")], cwd=self.home, stdout=out,
                                 stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment(self.home),
                                 start_new_session=True, **who)
        self.starts += 1

    def answers(self):
        """True when the node answers HTTP; an ended process is an error at once."""
        if self.process is None or self.process.poll() is not None:
            raise SystemError(f"node {self.name} has ended while starting:\n{self.tail()}")
        return self.http.request("GET", "/").status == 200

    def start(self, timeout=300):
        """Starts and waits until the node answers."""
        self.launch()
        self.wait_up(timeout)

    def wait_up(self, timeout=300):
        until(self.answers, timeout, f"node {self.name} answers")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    def stop(self, timeout=60):
        """An orderly stop."""
        if self.alive():
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout)
                raise AssertionError(f"{self.name} did not stop within {timeout} s")
        self.http.close()

    def kill(self):
        """kill -9."""
        if self.alive():
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(30)
        self.http.close()

    def restart(self):
        self.stop()
        self.start()

    # ---- what the kernel says --------------------------------------------------------------------------------------
    def cpu_seconds(self):
        """User and system CPU seconds of the process since it started."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_bytes(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1)) * 1024

    def heap_used(self):
        """Bytes of live objects, counted one by one after a collection by the JDK's own jcmd."""
        return self.live()[0]

    def live(self):
        """Bytes of live objects, and how many of them are of the plugin's own classes, counted as in heap_used."""
        told = self._jcmd("GC.class_histogram")
        total = int(re.search(r"^Total +\d+ +(\d+)$", told, re.MULTILINE).group(1))
        own = re.findall(r"^ *\d+: +(\d+) +\d+ +org\.opensearch\.ccr\.", told, re.MULTILINE)
        return total, sum(int(count) for count in own)

    def native_used(self):
        """Bytes that malloc has given out and not got back, to the core as to the JVM itself."""
        told = self._jcmd("System.native_heap_info").rsplit("</heap>", 1)[1]  # the sums over all arenas

        def size(kind, of):
            return sum(int(found) for found in re.findall(rf'<{kind} type="(?:{of})"[^>]* size="(\d+)"', told))
        return size("system", "current") + size("total", "mmap") - size("total", "fast|rest")

    def _jcmd(self, command):
        done = config.run([os.path.join(config.java_home(), "bin", "jcmd"), str(self.pid), command])
        if done.returncode != 0:
            raise AssertionError(f"jcmd: {done.stdout} {done.stderr}")
        return done.stdout

    # ---- logs ------------------------------------------------------------------------------------------------------
    def log_files(self):
        logs = glob.glob(os.path.join(self.home, "logs", "*.log"))
        own = [path for path in logs if os.path.basename(path) == self.settings.get("cluster.name", "") + ".log"]
        return own or sorted(path for path in logs if path.endswith("console.log"))

    def log_text(self):
        parts = []
        for path in self.log_files():
            with open(path, encoding="utf-8", errors="replace") as file:
                parts.append(file.read())
        return "\n".join(parts)

    def tail(self, lines=25):
        """The last lines, and the last warnings and errors without repetitions, for a failed test."""
        out = []
        for path in self.log_files():
            with open(path, encoding="utf-8", errors="replace") as file:
                text = [line for line in file.read().splitlines()
                        if not line.lstrip().startswith(("at ", "...")) and not _NOISE.search(line)]
            bad = {}  # text without its time -> last line and count
            for line in text:
                if re.search(r"\[(WARN |ERROR|FATAL)\]", line):
                    key = line[26:]
                    bad[key] = (line, bad.pop(key, (None, 0))[1] + 1)
            out += [f"--- {path}: warnings and errors",
                    *[f"{count}x {line[:400]}" for line, count in list(bad.values())[-lines:]],
                    f"--- {path}: end", *[line[:300] for line in text[-lines:]]]
        return "\n".join(out)

    def fatal_signs(self):
        """Lines and files that must never be there: a dead JVM, an Error that killed a thread, a corrupted shard."""
        signs = glob.glob(os.path.join(self.home, "logs", "hs_err*"))
        pattern = re.compile(r"fatal error in thread|OutOfMemoryError|CorruptIndexException|TranslogCorrupted"
                             r"|AssertionError|UnsatisfiedLinkError|NoClassDefFoundError")
        signs += [line[:400] for line in self.log_text().splitlines()
                  if pattern.search(line) and "JVM arguments" not in line]
        return signs
