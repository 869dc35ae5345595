"""OpenSearch's transport protocol, as much of it as a scripted peer needs: frames, headers, a few types."""
import socket
import struct

VERSION = 3060099 ^ 0x08000000
RESPONSE, ERROR, COMPRESSED, HANDSHAKE = 1, 2, 4, 8
HEADER = struct.Struct(">2siqBii")  # marker, length after itself, request id, status, version, length of the variable header
AFTER_LENGTH = HEADER.size - 6


class Out:
    """Writes the types of OpenSearch's StreamOutput."""

    def __init__(self):
        self.data = bytearray()

    def raw(self, data):
        self.data += data
        return self

    def byte(self, value):
        return self.raw(bytes([value]))

    def vint(self, value):
        while value > 0x7F:
            self.byte(value & 0x7F | 0x80)
            value >>= 7
        return self.byte(value)

    def int(self, value):
        return self.raw(struct.pack(">i", value))

    def long(self, value):
        return self.raw(struct.pack(">q", value))

    def text(self, value):
        """ASCII only."""
        return self.vint(len(value)).raw(value.encode("ascii"))

    def optional_text(self, value):
        return self.byte(0) if value is None else self.byte(1).text(value)

    def blob(self, data):
        return self.vint(len(data)).raw(data)

    def shard(self, index, uuid, number):
        return self.text(index).text(uuid).vint(number)


class In:
    """Reads the same types."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        part = bytes(self.data[self.at:self.at + count])
        if len(part) != count:
            raise EOFError
        self.at += count
        return part

    def vint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def text(self):
        return self.take(self.vint()).decode("utf-8", "replace")

    def blob(self):
        return self.take(self.vint())

    def headers(self):
        """The thread context: request headers, and response headers that are passed over."""
        found = {self.text(): self.text() for _ in range(self.vint())}
        for _ in range(self.vint()):
            self.text()
            for _ in range(self.vint()):
                self.text()
        return found


class Frame:
    """One message. body is what follows the variable header."""

    def __init__(self, request_id, status, version, variable, body):
        self.request_id, self.status, self.version = request_id, status, version
        self.variable, self.body = variable, body

    @property
    def is_request(self):
        return not self.status & RESPONSE

    def action(self):
        """Name of a request's action."""
        header = In(self.variable)
        header.headers()
        for _ in range(header.vint()):
            header.text()
        return header.text()

    def bytes(self):
        length = AFTER_LENGTH + len(self.variable) + len(self.body)
        return HEADER.pack(b"ES", length, self.request_id, self.status, self.version, len(self.variable)) \
            + bytes(self.variable) + bytes(self.body)


def _read(connection, count):
    data = bytearray()
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def read_frame(connection):
    """The next frame; None for a ping. EOFError when the other side has closed."""
    marker, length = struct.unpack(">2si", _read(connection, 6))
    if length == -1 or length == 0:
        return None
    rest = _read(connection, length)
    request_id, status, version, variable = struct.unpack(">qBii", rest[:AFTER_LENGTH])
    end = AFTER_LENGTH + variable
    return Frame(request_id, status, version, rest[AFTER_LENGTH:end], rest[end:])


class Peer:
    """A client of a node's transport port that says what it likes, as another cluster's node would."""

    def __init__(self, port, tls=None, headers=None):
        plain = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.connection = tls.wrap_socket(plain, server_hostname="127.0.0.1") if tls else plain
        self.headers = headers or {}
        self.requests = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, action, body, version=VERSION):
        """One request; answers its id."""
        self.requests += 1
        header = Out().vint(len(self.headers))
        for key, value in self.headers.items():
            header.text(key).text(value)
        header.vint(0).vint(0).text(action)
        self.connection.sendall(Frame(self.requests, 0, version, header.data, body).bytes())
        return self.requests

    def answer(self):
        """The next frame."""
        while True:
            frame = read_frame(self.connection)
            if frame is not None:
                return frame

    def call(self, action, body, version=VERSION):
        """(whether it is an error, body as text for people)."""
        wanted = self.send(action, body, version)
        while True:
            frame = self.answer()
            if frame.request_id == wanted:
                return bool(frame.status & ERROR), frame.body
