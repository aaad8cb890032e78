"""The FinTS server of the rehearsal bank: base64 over HTTP, with the transport's own faults."""

from __future__ import annotations

import base64
import binascii
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pipelines.simulator.faults import Faults
from pipelines.simulator.fints_dialogs import FintsBank
from pipelines.simulator.fints_manner import Manner
from pipelines.simulator.world import World

PATH = "/fints"
_LARGEST = 1 << 20
_MAINTENANCE = b"<!DOCTYPE html><html><body><h1>Wartungsarbeiten</h1></body></html>"


class _Handler(BaseHTTPRequestHandler):
    """One connection; the server below knows the bank."""

    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != PATH or not length.isdigit() or int(length) > _LARGEST:
            self._send(404, b"")
            return
        raw = self.rfile.read(int(length))
        faults = self.server.bank.faults
        if faults.fires("connection-reset"):
            self._reset()
            return
        for name, status in (("http-503", 503), ("http-500", 500), ("http-429", 429)):
            if faults.fires(name):
                self._send(status, b"", retry_after=status == 429)
                return
        if faults.fires("slow"):
            self.server.stopping.wait(self.server.slow_seconds)
        try:
            message = base64.b64decode(raw, validate=True)
        except binascii.Error:
            self._send(400, b"")
            return
        try:
            with self.server.bank.world.lock:
                body = base64.b64encode(self.server.bank.answer(message))
        except Exception as error:
            self.server.crashes.append(error)
            self._send(500, b"")
            return
        if faults.fires("html-page"):
            self._send(200, _MAINTENANCE, kind="text/html")
        elif faults.fires("half-body"):
            self._send(200, body, part=len(body) // 2)
        else:
            self._send(200, body)

    def _send(
        self, status: int, body: bytes, *, kind: str = "text/plain", part: int | None = None, retry_after: bool = False
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if retry_after:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(body if part is None else body[:part])
        if part is not None:
            self.close_connection = True

    def _reset(self) -> None:
        """Drops the connection with RST, the way a failing gateway does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: requests carry PINs."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    bank: FintsBank
    stopping: threading.Event
    crashes: list[Exception]
    slow_seconds: float

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class FintsServer:
    """A running FinTS server; a context manager. port 0: any free one."""

    def __init__(
        self,
        world: World,
        faults: Faults | None = None,
        *,
        manner: Manner | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        slow_seconds: float = 30.0,
    ) -> None:
        self.bank = FintsBank(world, faults, manner)
        self._server = _Server((host, port), _Handler)
        self._server.bank = self.bank
        self._server.stopping = threading.Event()
        self._server.crashes = []
        self._server.slow_seconds = slow_seconds
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://{host}:{self._server.server_address[1]}{PATH}"

    @property
    def faults(self) -> Faults:
        """What goes wrong at this server."""
        return self.bank.faults

    @property
    def crashes(self) -> list[Exception]:
        """Mistakes of the server itself; none is meant to happen."""
        return self._server.crashes

    def start(self) -> FintsServer:
        """Answers from now on, in threads of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answers no more."""
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> FintsServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
