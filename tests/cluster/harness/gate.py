"""An honest go-between that counts requests on their way to the leader, and can hold back the answers to some of them."""
import threading
import time

from .impostor import Impostor
from .wire import In


class Gate(Impostor):
    """Watches the requests of one action, and of those only the ones that wanted(body) is true for.

    asked counts them; times has the moment of each, before it was passed on; most is the largest number of them that had no
    answer at one moment, since watch() or let().
    For one follower node: requests are told apart by the numbers that it gives them.
    """

    def __init__(self, target_port):
        self.watched = self.wanted = self.rewrite = None
        self.asked = self.most = self.free = 0
        self.holding = False
        self.out, self.held, self.times, self.sending = set(), [], [], threading.Lock()
        super().__init__(target_port)

    @property
    def waiting(self):
        """Requests that have no answer at this moment."""
        return len(self.out)

    def watch(self, action, wanted=lambda body: True, rewrite=None):
        """Begins to count. rewrite(body) answers the body that the leader gets in its place."""
        with self.lock:
            self.watched, self.wanted, self.rewrite = action, wanted, rewrite
            self.asked = self.most = 0
            self.out, self.times = set(), []

    def hold(self, but_first=0):
        """Keeps the answers from now on, but for the first so many."""
        with self.lock:
            self.free, self.holding = but_first, True

    def let(self, hold=True):
        """Sends what was kept. What comes then is kept again, or not."""
        with self.lock:
            held, self.held, self.holding, self.free = self.held, [], hold, 0
            self.out -= {frame.request_id for frame, _ in held}
            self.most = len(self.out)
        for frame, target in held:
            self._send(frame, target)

    def through(self):
        """Everything goes by from now on, and nothing is changed."""
        self.rewrite = None
        self.let(hold=False)

    def _asked(self, frame, action):
        with self.lock:
            if action != self.watched or not self.wanted(bytes(frame.body)):
                return
            self.times.append(time.monotonic())
            self.asked += 1
            self.out.add(frame.request_id)
            self.most = max(self.most, len(self.out))
            if self.rewrite:
                frame.body = self.rewrite(bytes(frame.body))

    def _pass(self, frame, target):
        with self.lock:
            if not frame.is_request and frame.request_id in self.out:
                if self.holding and self.free == 0:
                    self.held.append((frame, target))
                    return
                self.free = max(0, self.free - 1)
                self.out.discard(frame.request_id)
        self._send(frame, target)

    def _send(self, frame, target):
        with self.sending:
            target.sendall(frame.bytes())


def after_header(body):
    """Reads past what every request about one shard begins with: parent task, inner shard, index."""
    fields = In(body)
    if fields.text():
        fields.take(8)
    if fields.take(1)[0]:
        fields.text(), fields.text(), fields.vint()
    if fields.take(1)[0]:
        fields.text()
    return fields
