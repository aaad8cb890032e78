"""HTTP for live sources: whole answers or a named failure, every transient one tried again, nothing secret told.

Errors of httpx hold the request with its headers; they never leave this module.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from pipelines.errors import SourceUnavailable
from sources.http_retry import Patience, Transient
from sources.json_strict import BadJson, loads

# Worth another try although the server answered: timeout, too early, too many.
_TRANSIENT: Final = frozenset({408, 425, 429})
_NOT_OURS: Final = frozenset({501, 510})  # of the 5xx these are answers, not accidents
_CONNECT_SECONDS: Final = 10.0
LARGEST_ANSWER: Final = 64 << 20


class _Quiet(logging.Filter):
    """httpx tells addresses at INFO and httpcore headers at DEBUG; neither belongs into a log."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


def silence_http_logs() -> None:
    """Keeps addresses and headers of requests out of every log of this process; harmless when repeated."""
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection", "httpcore.proxy", "httpcore.http2"):
        logger = logging.getLogger(name)
        if not any(isinstance(one, _Quiet) for one in logger.filters):
            logger.addFilter(_Quiet())


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A whole answer. body: parsed JSON, None where there is none; raw: its bytes."""

    status: int
    body: Any
    raw: bytes

    @property
    def ok(self) -> bool:
        """Whether the server did what was asked."""
        return 200 <= self.status < 300


class HttpClient:
    """Requests of one source. Safe to share between threads; connections are reused and bounded by ``connections``.

    now: the wall clock, for Retry-After given as a date.
    """

    def __init__(
        self,
        patience: Patience,
        *,
        timeout_seconds: float,
        connections: int,
        loopback: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        silence_http_logs()
        self.patience = patience
        self._now = now
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_seconds, connect=min(_CONNECT_SECONDS, timeout_seconds)),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            headers={"user-agent": "kontoklar", "accept": "application/json"},
            follow_redirects=False,
            trust_env=not loopback,
        )

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()

    def json(
        self,
        method: str,
        url: str,
        *,
        headers: Callable[[], Mapping[str, str]] = dict,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        content: Any = None,
        again: Callable[[Answer], bool] = lambda answer: False,
    ) -> Answer:
        """One answer with JSON. headers: asked anew for every try. again: whether an answer deserves another try.

        Raises SourceUnavailable when no whole answer comes; a refusal (4xx, 501, 510) is an answer.
        """

        def once() -> Answer:
            answer = self._once(method, url, headers(), params, form, content)
            if again(answer):
                raise Transient(f"http-{answer.status}")
            return answer

        return self.patience.call(once)

    def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        params: Mapping[str, Any] | None,
        form: Mapping[str, str] | None,
        content: Any,
    ) -> Answer:
        try:
            with self._client.stream(
                method, url, headers=dict(headers), params=params, data=dict(form) if form else None, json=content
            ) as response:
                raw = self._read(response)
                status, told = response.status_code, response.headers
        except httpx.TimeoutException:
            raise Transient("timeout") from None
        except httpx.HTTPError as error:
            # The class only: its text may repeat the address.
            raise Transient(f"connection-failed {type(error).__name__}") from None
        except httpx.InvalidURL:
            raise SourceUnavailable("An address of the source cannot be used. Check its base_url.") from None
        if status in _TRANSIENT or (status >= 500 and status not in _NOT_OURS):
            raise Transient(f"http-{status}", self._seconds(told.get("retry-after", "")))
        if 300 <= status < 400:
            raise SourceUnavailable(
                "The source answers with a redirect, which is never followed with a login. Check its base_url."
            )
        if not raw.strip():
            return Answer(status, None, raw)
        try:
            return Answer(status, loads(raw), raw)
        except BadJson as wrong:
            if status < 400:
                # A maintenance page or a torn answer with a friendly status.
                raise Transient("no-json" if raw.lstrip()[:1] == b"<" else f"bad-json: {wrong}") from None
            return Answer(status, None, raw)

    def _read(self, response: httpx.Response) -> bytes:
        """The whole body; httpx itself refuses one that is shorter than announced."""
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_bytes():
            size += len(piece)
            if size > LARGEST_ANSWER:
                raise SourceUnavailable("The source sends an answer larger than any page. Check its base_url.")
            if self.patience.left() < 0:
                raise Transient("deadline")
            pieces.append(piece)
        return b"".join(pieces)

    def _seconds(self, retry_after: str) -> float | None:
        """Retry-After as seconds; it is a number of them or an HTTP date (RFC 9110, 10.2.3)."""
        text = retry_after.strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        try:
            return max(0.0, (parsedate_to_datetime(text) - self._now()).total_seconds())
        except (TypeError, ValueError):
            return None
