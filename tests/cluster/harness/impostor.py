"""A leader that lies: stands between a follower and its leader, speaks the transport protocol, and changes answers."""
import socket
import ssl
import threading

from .wire import ERROR, In, read_frame


class Impostor:
    """Passes everything on, but for the answers to one action, which rule(body) changes.

    rule: answers the new body, or None to answer nothing at all. taken counts the answers that were changed.
    """

    def __init__(self, target_port, authority=None):
        self.target_port, self.authority = target_port, authority
        self.action, self.rule, self.taken = None, None, 0
        self.lock = threading.Lock()
        self.open = True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.sockets = [self.listener]
        if authority:
            self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.server.load_cert_chain(*authority.issue("impostor", "leader"))
            self.client = authority.context(authority.issue("impostor", "follower"))
            # Of 1.3, a reader takes tickets in, for which OpenSSL stops a writer of another thread in the middle.
            self.client.maximum_version = ssl.TLSVersion.TLSv1_2
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.listener.getsockname()[1]}"

    def lie(self, action, rule):
        with self.lock:
            self.action, self.rule, self.taken = action, rule, 0

    def honest(self):
        self.lie(None, None)

    def close(self):
        self.open = False
        for each in self.sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def _accept(self):
        while self.open:
            try:
                plain, _ = self.listener.accept()
                near = self.server.wrap_socket(plain, server_side=True) if self.authority else plain
                far = socket.create_connection(("127.0.0.1", self.target_port))
                far = self.client.wrap_socket(far, server_hostname="127.0.0.1") if self.authority else far
            except OSError:
                continue
            self.sockets += [near, far]
            asked = {}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, target, asked), daemon=True).start()

    def _carry(self, source, target, asked):
        try:
            while True:
                frame = read_frame(source)
                if frame is None:
                    target.sendall(b"ES\xff\xff\xff\xff")
                    continue
                if frame.is_request:
                    asked[frame.request_id] = self._name(frame)
                    self._asked(frame, asked[frame.request_id])
                elif not self._change(frame, asked.pop(frame.request_id, None)):
                    continue
                self._pass(frame, target)
        except (OSError, EOFError):
            for each in (source, target):
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _asked(self, frame, action):
        """A request goes by; its body may be changed."""

    def _pass(self, frame, target):
        target.sendall(frame.bytes())

    @staticmethod
    def _name(frame):
        """The action, also of a request that a gateway node is to pass on."""
        action = frame.action()
        return action.split("internal:transport/proxy/")[-1]

    def _change(self, frame, action):
        """False when nothing is to be answered."""
        with self.lock:
            if action is None or action != self.action or frame.status & ERROR:
                return True
            changed = self.rule(bytes(frame.body))
            if changed is not frame.body:
                self.taken += 1
        if changed is None:
            return False
        frame.body = changed
        return True


def batch_of(body):
    """The frame of operations in an answer to a read."""
    return In(body).blob()
