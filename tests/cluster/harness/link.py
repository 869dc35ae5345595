"""A controllable connection between two clusters."""
import json
import os
import subprocess
import sys
import threading


class Link:
    """A TCP proxy in front of one transport port: pass, cut, stall, retarget, and count bytes."""

    def __init__(self, target_port):
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "link_process.py")
        self._lock = threading.Lock()
        self._process = subprocess.Popen([sys.executable, program, str(target_port)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.port = json.loads(self._process.stdout.readline())["port"]

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _do(self, what, **more):
        with self._lock:
            self._process.stdin.write(json.dumps({"do": what, **more}) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def cut(self):
        """Closes every connection and refuses new ones."""
        self._do("cut")

    def stall(self, after=0):
        """Lets connections stand and carries nothing: a black hole. It begins after so many more bytes from the leader."""
        self._do("stall", after=after)

    def resume(self):
        self._do("pass")

    def retarget(self, node):
        """New connections go to this node."""
        self._do("target", port=node.transport_port)

    def stats(self):
        """{"up", "down"}: bytes towards the leader and from it; {"connections", "accepted"}."""
        return self._do("stats")

    def bytes_both_ways(self):
        stats = self.stats()
        return stats["up"] + stats["down"]

    def close(self):
        self._process.kill()  # it has nothing to bring to an end
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
