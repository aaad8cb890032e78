"""A small real HTTP server on this machine, with the faults that any web server can have.

A thread per connection and keep-alive, as banks' servers behave; the handler gets a ``Request`` and returns an
``Answer``. Faults of the transport happen here, so that every server of the simulator has them.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipelines.simulator.faults import Faults

CONTROL = "/simulator"
_MAINTENANCE = b"<!DOCTYPE html>\n<html><title>Wartung</title><body>Wir sind gleich zurueck.</body></html>\n"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent. query: every value of every name; headers: names in lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def first(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty for anything else."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Answer]


def json_answer(content: object, status: int = 200, **headers: str) -> Answer:
    """A JSON body."""
    return Answer(status, json.dumps(content, ensure_ascii=False).encode(), headers=headers)


class Server:
    """One server on its own thread. ``url`` is where it listens; use it as a context.

    slow_seconds: how long the fault ``slow`` keeps a client waiting. requests: how many were handled. crashes: mistakes
    of the server itself; none is meant to happen.
    """

    def __init__(
        self, handle: Handler, faults: Faults, *, host: str = "127.0.0.1", port: int = 0, slow_seconds: float = 30.0
    ) -> None:
        self.handle, self.faults, self.slow_seconds = handle, faults, slow_seconds
        self.requests = 0
        self.crashes: list[Exception] = []
        self.stopping = threading.Event()
        self._count = threading.Lock()
        self._http = _Http((host, port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """The address without a trailing slash."""
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}"

    def counted(self) -> None:
        """One more request."""
        with self._count:
            self.requests += 1

    def start(self) -> Server:
        """Listens from now on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stops listening; open connections end with their thread."""
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], owner: Server) -> None:
        self.owner = owner
        super().__init__(address, _Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event; requests hold data of people, so nothing is ever printed."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: _Http

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a request line holds account ids."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_DELETE = do_GET

    def _serve(self) -> None:
        owner = self.server.owner
        owner.counted()
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            self.command,
            parts.path,
            parse_qs(parts.query, keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
        )
        if parts.path.startswith(CONTROL):
            self._send(owner.handle(request))
            return
        fires = owner.faults.fires
        if fires("slow"):
            owner.stopping.wait(owner.slow_seconds)
        if fires("connection-reset"):
            self._reset()
        elif fires("http-503"):
            self._send(Answer(503, b"", "text/plain"))
        elif fires("http-500"):
            self._send(Answer(500, b"Internal Server Error", "text/plain"))
        elif fires("http-429"):
            self._send(Answer(429, b"", "text/plain", {"Retry-After": "1"}))
        elif fires("html-page"):
            self._send(Answer(200, _MAINTENANCE, "text/html"))
        else:
            try:
                answer = owner.handle(request)
            except Exception as mistake:
                owner.crashes.append(mistake)
                answer = Answer(500, b"", "text/plain")
            self._send(answer, half=len(answer.body) > 1 and fires("half-body"))

    def _send(self, answer: Answer, *, half: bool = False) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name.replace("_", "-"), value)
        body = answer.body[: len(answer.body) // 2] if half else answer.body
        with contextlib.suppress(ConnectionError):
            self.end_headers()
            self.wfile.write(body)
        if half:
            self.close_connection = True

    def _reset(self) -> None:
        """Ends the connection with RST rather than FIN, without an answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
