"""The line to a bank: FinTS messages as base64 over HTTPS, with patience that ends and nothing written down.

python-fints' own connection has no timeout and logs every message; it also hides PINs in its log by a switch shared by
all threads, so that a message built meanwhile would carry asterisks for a PIN. Nothing of that is used here.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Iterator
from typing import Any, Final

import requests
from fints.exceptions import FinTSConnectionError
from fints.message import FinTSInstituteMessage
from urllib3.exceptions import NameResolutionError, NewConnectionError

from sources.options import is_loopback

CONNECT_SECONDS: Final = 10.0
_LARGEST: Final = 64 << 20
_CHUNK: Final = 1 << 16
_HEAD: Final = re.compile(rb"HNHBK:1:\d+(?::\d+)?\+(\d{12})\+")
_LONGEST_PAUSE: Final = 60.0


class LineBroken(FinTSConnectionError):  # type: ignore[misc]  # the library is untyped
    """No usable answer. code: dashed detail; pause: seconds the server asks to wait, 0 for none."""

    def __init__(self, code: str, pause: float = 0.0) -> None:
        super().__init__(f"no usable answer from the bank ({code})")
        self.code = code
        self.pause = pause

    @property
    def may_have_arrived(self) -> bool:
        """Whether the bank may have looked at the message although we know nothing of its answer."""
        return self.code != "no-connection" and not self.code.startswith("http-")


class Line:
    """What ``FinTSDialog`` needs of a connection. seconds: how long one answer may take from first to last byte."""

    def __init__(self, url: str, seconds: float) -> None:
        self.url = url
        self._seconds = seconds
        self.session = requests.Session()
        self.session.trust_env = not is_loopback(url)
        self.last_answer = b""

    def send(self, message: Any) -> Any:
        """Sends a message and reads the answer. Raises LineBroken."""
        self.last_answer = b""
        raw = self._exchange(base64.b64encode(message.render_bytes()))
        head = _HEAD.match(raw)
        if head is None:
            raise LineBroken("answer-is-no-fints")
        if int(head[1]) != len(raw):
            raise LineBroken("answer-cut-off")
        answer = _parsed(raw)
        if answer is None:
            raise LineBroken("answer-unreadable")
        self.last_answer = raw
        return answer

    def close(self) -> None:
        """Gives the connections back."""
        self.session.close()

    def _exchange(self, body: bytes) -> bytes:
        """The decoded answer. Its errors hold no part of the message: the library's would."""
        broken: LineBroken | None = None
        encoded = b""
        try:
            with self.session.post(
                self.url,
                data=body,
                headers={"Content-Type": "text/plain"},
                timeout=(min(CONNECT_SECONDS, self._seconds), self._seconds),
                allow_redirects=False,
                stream=True,
            ) as reply:
                if reply.status_code != 200:
                    broken = LineBroken(f"http-{reply.status_code}", _pause(reply.headers.get("Retry-After", "")))
                else:
                    encoded = b"".join(self._pieces(reply))
        except requests.ConnectTimeout:
            broken = LineBroken("no-connection")
        except requests.Timeout:
            broken = LineBroken("answer-too-late")
        except (requests.RequestException, OSError) as problem:
            reason = getattr(problem.args[0] if problem.args else None, "reason", None)
            never = isinstance(reason, NewConnectionError | NameResolutionError)
            broken = LineBroken("no-connection" if never else "connection-failed")
        except LineBroken as known:
            broken = known
        if broken is not None:
            raise broken
        decoded = _decoded(encoded)
        if decoded is None:
            raise LineBroken("answer-is-no-fints")
        return decoded

    def _pieces(self, reply: Any) -> Iterator[bytes]:
        """The body, as long as there is patience and room for it."""
        size, deadline = 0, time.monotonic() + self._seconds
        for piece in reply.iter_content(_CHUNK):
            size += len(piece)
            if size > _LARGEST:
                raise LineBroken("answer-too-large")
            if time.monotonic() > deadline:
                raise LineBroken("answer-too-late")
            yield piece


def _decoded(encoded: bytes) -> bytes | None:
    try:
        return base64.b64decode(b"".join(encoded.split()), validate=True)
    except binascii.Error:
        return None


def _parsed(raw: bytes) -> Any:
    try:
        return FinTSInstituteMessage(segments=raw)
    except Exception:  # the library raises whatever its fields raise
        return None


def _pause(retry_after: str) -> float:
    """Seconds; a date or nothing at all counts as none."""
    return min(float(retry_after), _LONGEST_PAUSE) if retry_after.isdigit() and len(retry_after) < 7 else 0.0
