"""Full-speed writers, and the documents they write."""
import json
import random
import threading
import time

from .cluster import path

_AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/129.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "kube-probe/1.31", "curl/8.10.1",
]
_PATHS = ["/api/v1/orders/{n}/items", "/api/v1/users/{n}/profile", "/static/js/app.{n}.js", "/search?q=item+{n}",
          "/api/v2/cart/{n}/checkout"]
_SERVICES = ["checkout", "frontend", "catalogue", "payments", "identity", "search"]


def log_document(random_source, number):
    """A JSON log document of about 430 bytes, as text."""
    pick, whole = random_source.choice, random_source.randrange
    milliseconds = number * 3 % 86400000
    clock = f"{milliseconds // 3600000:02d}:{milliseconds // 60000 % 60:02d}:{milliseconds // 1000 % 60:02d}"
    status = pick((200, 200, 200, 200, 201, 204, 301, 404, 500))
    target = pick(_PATHS).format(n=whole(100000))
    service = pick(_SERVICES)
    client = f"10.{whole(4)}.{whole(256)}.{whole(256)}"
    return (f'{{"@timestamp":"2026-11-20T{clock}.{milliseconds % 1000:03d}Z","host":"web-{whole(40):02d}.example.net",'
            f'"service":"{service}","clientip":"{client}","method":"{pick(("GET", "POST"))}","path":"{target}",'
            f'"status":{status},"bytes":{whole(60000)},"duration_ms":{whole(900)},"agent":"{pick(_AGENTS)}",'
            f'"trace":"{whole(1 << 128):032x}","span":"{whole(1 << 32):08x}",'
            f'"message":"{service} handled a request of {client} with status {status} in zone eu-1{pick("abc")}"}}')


class Writer:
    """Threads that write bulk requests as fast as the cluster takes them, until stop().

    The mix: new documents with given and automatic ids, custom routing, external versions, updates of a hot set by
    index and by partial update, deletes. With tolerant=True a cluster that is gone is waited for. A pause in seconds
    after each request leaves cores free for what the test is about, when six nodes share two.
    """

    def __init__(self, cluster, index, threads=2, bulk=300, seed=1, tolerant=False, new_fields=False, tag="w",
                 pause=0.0):
        self.cluster, self.index, self.bulk = cluster, index, bulk
        self.tolerant, self.new_fields, self.tag, self.pause = tolerant, new_fields, tag, pause
        self.acknowledged = 0
        self.errors = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number, random.Random(seed * 1000 + number)),
                                          daemon=True) for number in range(threads)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def stop(self):
        """Ends the load; raises what a writer met."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
        if self.errors:
            raise AssertionError(f"writer: {self.errors[:3]}")
        return self.acknowledged

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        """Waits for what is under way; not when the run is being ended, for the cluster may never answer again."""
        self._stop.set()
        ending = kind is not None and not issubclass(kind, Exception)
        for thread in self._threads:
            thread.join(1 if ending else 120)
        if kind is None and self.errors:
            raise AssertionError(f"writer: {self.errors[:3]}")

    def wait(self, count, timeout=120):
        """Waits until count more operations are acknowledged."""
        goal, deadline = self.acknowledged + count, time.monotonic() + timeout
        while self.acknowledged < goal:
            if self.errors or time.monotonic() > deadline:
                raise AssertionError(f"writer: {self.acknowledged} of {goal} operations, {self.errors[:3]}")
            time.sleep(0.01)

    def _action(self, thread, number, rng):
        """One action line, and its source line or None."""
        kind = rng.random()
        document = log_document(rng, number)
        hot = f"hot-{rng.randrange(400)}"
        if kind < 0.35:
            return f'{{"index":{{"_id":"{self.tag}{thread}-{number}"}}}}', document
        if kind < 0.50:
            return '{"index":{}}', document
        if kind < 0.72:
            return f'{{"index":{{"_id":"{hot}"}}}}', document
        if kind < 0.83:
            return f'{{"delete":{{"_id":"{hot}"}}}}', None
        if kind < 0.90:
            return (f'{{"update":{{"_id":"{hot}","retry_on_conflict":3}}}}',
                    f'{{"doc":{{"touched":{number}}},"upsert":{document}}}')
        if kind < 0.95:
            return (f'{{"index":{{"_id":"{self.tag}{thread}-x{number % 50}","version":{number + 1},'
                    f'"version_type":"external"}}}}', document)
        if self.new_fields and kind > 0.998:
            return f'{{"index":{{}}}}', f'{{"dyn_{thread}_{number}":"{number}","message":"a new field"}}'
        return f'{{"index":{{"_id":"{self.tag}{thread}-r{number}","routing":"r{rng.randrange(9)}"}}}}', document

    def _run(self, thread, rng):
        number = 0
        url = path(self.index, "_bulk")
        try:
            while not self._stop.is_set():
                lines = []
                for _ in range(self.bulk):
                    action, source = self._action(thread, number, rng)
                    lines.append(action)
                    if source is not None:
                        lines.append(source)
                    number += 1
                self._send(url, "\n".join(lines) + "\n")
                if self.pause:
                    self._stop.wait(self.pause)
        except Exception as error:  # a thread must not end silently: stop() tells it
            self.errors.append(f"{type(error).__name__}: {error}")

    def _send(self, url, text):
        try:
            answer = self.cluster.request("POST", url, text, ndjson=True)
        except (OSError, StopIteration):
            if not self.tolerant:
                raise
            time.sleep(0.05)
            return
        if answer.status != 200:
            if answer.status == 429 or self.tolerant and answer.status == 503:  # a small heap: as clients do, again
                time.sleep(0.05)
                return
            raise AssertionError(f"bulk -> {answer.status} {answer.text[:500]}")
        done = json.loads(answer.body)
        good = 0
        for item in done["items"]:
            (result,) = item.values()
            if result["status"] < 300 or result["status"] == 404:
                good += 1
            elif result["status"] != 409 and not (self.tolerant and result["status"] in (429, 503)):
                self.errors.append(json.dumps(result)[:500])
        with self._lock:
            self.acknowledged += good
