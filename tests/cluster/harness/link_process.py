"""The proxy between two clusters, in a process of its own so that no test's work delays its bytes.

Commands are JSON lines on standard input, each is answered by one JSON line on standard output:
  {"do": "pass"}   forward                 {"do": "cut"}    close all, refuse new connections
  {"do": "target", "port": n}   where new connections go
  {"do": "stall", "after": n}   accept, forward nothing, once n more bytes have come from the target
  {"do": "stats"}  bytes {"up": to the target, "down": from it, "connections": open now, "accepted": ever}
"""
import json
import math
import socket
import sys
import threading

CHUNK = 256 * 1024


class Proxy:
    """Listens on a loopback port and carries bytes both ways."""

    def __init__(self, target):
        self.target = target
        self.flowing = threading.Event()
        self.flowing.set()
        self.lock = threading.Lock()
        self.pairs = set()
        self.up = self.down = self.accepted = 0
        self.stall_at = math.inf  # of self.down
        self.listener = None
        self.port = 0
        self.listen()

    def listen(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(128)
        self.port = listener.getsockname()[1]
        self.listener = listener
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(near, listener), daemon=True).start()

    def carry(self, near, listener):
        self.flowing.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self.target), timeout=10)
            far.settimeout(None)
        except OSError:
            near.close()
            return
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = (near, far)
        with self.lock:
            cut = listener is not self.listener  # meanwhile: what was let in before does not outlive it
            if not cut:
                self.pairs.add(pair)
                self.accepted += 1
        if cut:
            self.close(pair)
            return
        back = threading.Thread(target=self.pump, args=(far, near, pair, False), daemon=True)
        back.start()
        self.pump(near, far, pair, True)

    def pump(self, source, sink, pair, upwards):
        buffer = bytearray(CHUNK)
        view = memoryview(buffer)
        try:
            while True:
                count = source.recv_into(buffer)
                if count == 0:
                    break
                self.count(count, upwards)
                sink.sendall(view[:count])
        except OSError:
            pass
        self.close(pair)

    def count(self, count, upwards):
        """Waits while nothing flows. What has arrived was counted before, and after a stall nothing is counted any more."""
        while True:
            self.flowing.wait()
            with self.lock:
                if self.flowing.is_set():
                    if upwards:
                        self.up += count
                    else:
                        self.down += count
                    self.stall_when_due()
                    return

    def stall_when_due(self):
        if self.down >= self.stall_at:
            self.flowing.clear()

    def flow(self):
        with self.lock:
            self.stall_at = math.inf
            self.flowing.set()

    def close(self, pair):
        with self.lock:
            self.pairs.discard(pair)
        for end in pair:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def do(self, command):
        what = command["do"]
        if what == "cut":
            with self.lock:
                listener, self.listener = self.listener, None
                pairs = list(self.pairs)
            if listener is not None:
                # A thread that sleeps in accept() keeps a closed socket alive: shutdown wakes it.
                listener.shutdown(socket.SHUT_RDWR)
                listener.close()
            for pair in pairs:
                self.close(pair)
            self.flow()
        elif what == "pass":
            self.flow()
            if self.listener is None:
                self.listen()
        elif what == "stall":
            with self.lock:
                self.stall_at = self.down + command["after"]
                self.stall_when_due()
        elif what == "target":
            self.target = command["port"]
        return {"port": self.port, "up": self.up, "down": self.down, "connections": len(self.pairs),
                "accepted": self.accepted}


def main():
    proxy = Proxy(int(sys.argv[1]))
    print(json.dumps(proxy.do({"do": "stats"})), flush=True)
    for line in sys.stdin:
        print(json.dumps(proxy.do(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
