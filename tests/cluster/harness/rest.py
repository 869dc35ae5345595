"""Two clusters at rest while other tests run: what they use of processor and memory, and the documents that end the rest."""
import threading
import time
from dataclasses import dataclass

INDICES, SHARDS, DOCUMENTS = 20, 10, 30
ORDINARY_SECONDS, REST_SECONDS = 30, 300
SETTLE_SECONDS = 10  # compilation and flushes of what was before die down


@dataclass
class Sample:
    """Of both nodes, follower first. Heap is what lives after a collection, own how many objects of it are of the plugin's
    classes, native what malloc has given out. Taking it costs processor time itself, a second or so: cpu are the moment and the
    seconds used before that, resumed those after it."""
    cpu: tuple
    resumed: tuple
    heap: tuple
    own: tuple
    native: tuple


class Rest:
    """Stages: ordinary shards on the leader; all of them followed; the end. Each lasts at least its time; others may run
    tests meanwhile, on other nodes."""

    def __init__(self, pair, close):
        self.pair, self.close = pair, close
        self.nodes = (pair.follower.nodes[0], pair.leader.nodes[0])
        self.names = [f"idle-{n}" for n in range(INDICES)]
        self.version = self.moved = None
        self._samples = self._sampler = None

    def begin(self):
        for name in self.names:
            self.pair.leader.create_index(name, shards=SHARDS)
            self.pair.leader.bulk([({"index": {"_index": name, "_id": f"{n}"}}, {"n": n}) for n in range(DOCUMENTS)])
        self._sample(ORDINARY_SECONDS, 1)

    def follow(self):
        """Ends the first stage; answers its samples."""
        before = self._gathered()
        for name in self.names:
            answer = self.pair.start_replication(name)
            assert answer.status == 200, answer
        for name in self.names:
            self.pair.wait_status(name, "SYNCING", timeout=180)
        for name in self.names:
            self.pair.caught_up(name, timeout=60)
        self.version, self.moved = self._state_version(), self.pair.link.bytes_both_ways()
        self._sample(REST_SECONDS, 2)
        return before

    def end(self):
        """Ends the rest; answers its samples, the bytes over the link, and how often the follower's cluster state changed."""
        samples = self._gathered()
        return samples, self.pair.link.bytes_both_ways() - self.moved, self._state_version() - self.version

    def _state_version(self):
        return self.pair.follower.ok("GET", "/_cluster/state/version")["version"]

    def _sample(self, seconds, spans):
        """Samples in the background: one after settling, and one at the end of each of the spans."""
        self._samples = []

        def work():
            time.sleep(SETTLE_SECONDS)
            begun = time.monotonic()
            for n in range(spans + 1):
                time.sleep(max(0.0, begun + n * (seconds - SETTLE_SECONDS) / spans - time.monotonic()))
                cpu = self._cpu()
                heap, own = zip(*(node.live() for node in self.nodes))
                native = tuple(node.native_used() for node in self.nodes)
                self._samples.append(Sample(cpu, self._cpu(), heap, own, native))
        self._wanted = spans + 1
        self._sampler = threading.Thread(target=work, daemon=True)
        self._sampler.start()

    def _cpu(self):
        return (time.monotonic(), *(node.cpu_seconds() for node in self.nodes))

    def _gathered(self):
        self._sampler.join()
        assert len(self._samples) == self._wanted, "the sampler has failed: its thread tells why"
        return self._samples
