"""A small HTTP client on the standard library: one kept-alive connection for each thread and node."""
import http.client
import json
import socket
import threading


class HttpError(AssertionError):
    """An answer that the caller did not expect."""

    def __init__(self, method, path, response):
        super().__init__(f"{method} {path} -> {response.status}: {response.text[:1500]}")
        self.response = response


class Response:
    """Status and body of one answer."""

    def __init__(self, status, body):
        self.status = status
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The error object of an OpenSearch answer, or an empty dict."""
        try:
            error = self.json.get("error", {})
        except ValueError:
            return {}
        return error if isinstance(error, dict) else {"type": "text", "reason": str(error)}

    def reasons(self):
        """Every reason text of an error, outermost first, joined: where a message is looked for."""
        found = []

        def walk(node):
            if isinstance(node, dict):
                if isinstance(node.get("reason"), str):
                    found.append(node["reason"])
                for value in node.values():
                    walk(value)
            elif isinstance(node, list):
                for value in node:
                    walk(value)

        walk(self.error)
        return " | ".join(found) if found else self.text

    def __repr__(self):
        return f"<{self.status} {self.text[:300]}>"


class Http:
    """Talks to one address. Thread-safe: each thread has a connection of its own.

    judge(method, path, response) names what is wrong with an answer of the plugin, or None; complaints gathers it.
    """

    judge = None
    complaints = []

    def __init__(self, port, host="127.0.0.1", timeout=90, tls=None, headers=None):
        self.host, self.port, self.timeout = host, port, timeout
        self.tls, self.headers = tls, headers or {}
        self._local = threading.local()

    def _connection(self):
        connection = getattr(self._local, "connection", None)
        if connection is None:
            if self.tls:
                connection = http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout, context=self.tls)
            else:
                connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._local.connection = connection
        return connection

    def close(self):
        connection = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            connection.close()

    def request(self, method, path, body=None, ndjson=False):
        """One request. body: bytes or str as they are, anything else as JSON. Raises OSError only."""
        headers = dict(self.headers)
        if body is not None:
            if not isinstance(body, (bytes, str)):
                body = json.dumps(body)
            if isinstance(body, str):
                body = body.encode("utf-8", "surrogatepass")
            headers["Content-Type"] = "application/x-ndjson" if ndjson else "application/json"
        fresh = getattr(self._local, "connection", None) is None
        try:
            return self._send(method, path, body, headers)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            if not fresh and method == "GET":  # a kept connection that the node has closed meanwhile
                try:
                    return self._send(method, path, body, headers)
                except (http.client.HTTPException, OSError) as again:
                    self.close()
                    error = again
            raise error if isinstance(error, OSError) else OSError(repr(error)) from error

    def _send(self, method, path, body, headers):
        connection = self._connection()
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        response = Response(answer.status, answer.read())
        if Http.judge is not None and "replication" in path:
            complaint = Http.judge(method, path, response)
            if complaint is not None:
                Http.complaints.append(complaint)
        return response

    def ok(self, method, path, body=None, ndjson=False):
        """One request that must succeed; answers its JSON (or text when it is none)."""
        response = self.request(method, path, body, ndjson)
        if response.status >= 300:
            raise HttpError(method, path, response)
        try:
            return response.json
        except ValueError:
            return response.text
