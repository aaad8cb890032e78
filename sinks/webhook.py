"""Delivery by HTTP, signed as Standard Webhooks 1.0.0 lays down (standardwebhooks.com).

Headers webhook-id, webhook-timestamp and webhook-signature; the signature is HMAC-SHA256 over
``id.timestamp.body``. The receiver takes the id as idempotency key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from pipelines.errors import ConfigurationError, DeliveryRefused
from pipelines.ports.delivery import Answer, Reply
from pipelines.ports.outbox import Message

_PREFIX: Final = "whsec_"
_SHORTEST_SECRET: Final = 24
_LONGEST_SECRET: Final = 64
_CONNECT_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 20.0
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# Worth another try although the receiver answered: timeout, too early, too many.
_TRANSIENT: Final = frozenset({408, 421, 425, 429})
# The address or the credentials are wrong, not the message.
_CLOSED: Final = frozenset({401, 403, 404, 405, 407, 410, 451})
_KEYS: Final = frozenset({"name", "url", "secret", "mode", "timeout_seconds"})


def sign(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The ``v1`` signature of one try."""
    signed = message_id.encode() + b"." + str(timestamp).encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def decode_secret(text: str) -> bytes:
    """The key bytes of ``whsec_<base64>``. Raises ConfigurationError for another form or length."""
    encoded = text.removeprefix(_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not _SHORTEST_SECRET <= len(key) <= _LONGEST_SECRET:
        raise ConfigurationError(
            f"a webhook secret is {_PREFIX} and the base64 of {_SHORTEST_SECRET} to {_LONGEST_SECRET} random bytes"
        )
    return key


class Webhook:
    """One HTTP endpoint. secrets: the first signs; during a change of keys all of them do (one match is enough)."""

    def __init__(
        self,
        name: str,
        url: str,
        secrets: tuple[bytes, ...],
        mode: str = "live",
        timeout_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"sink {name!r}: url must be an http or https address")
        self.name = name
        self.mode = mode
        self._url = url
        self._secrets = secrets
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_seconds, connect=min(_CONNECT_SECONDS, timeout_seconds)),
            follow_redirects=False,
            # A proxy cannot reach our own loopback.
            trust_env=parts.hostname not in _LOOPBACK,
        )

    def send(self, message: Message, at: str) -> Reply:
        """One signed POST. Raises DeliveryRefused for a message of another mode."""
        if message.mode != self.mode:
            raise DeliveryRefused(f"sink {self.name!r} takes {self.mode} messages, this one is of mode {message.mode}")
        body = message.payload.encode()
        timestamp = int(datetime.fromisoformat(at).timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "kontoklar",
            "webhook-id": message.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(sign(key, message.message_id, timestamp, body) for key in self._secrets),
        }
        try:
            # Only status and headers matter; the answer's body is not read.
            with self._client.stream("POST", self._url, content=body, headers=headers) as response:
                return judge(response.status_code, response.headers.get("retry-after", ""), at)
        except httpx.TimeoutException:
            return Reply(Answer.RETRY, "no answer in time")
        except httpx.HTTPError as error:
            # The class only: the text may repeat the address with what stands in it.
            return Reply(Answer.RETRY, f"connection failed ({type(error).__name__})")

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()


def judge(status: int, retry_after: str, at: str) -> Reply:
    """What an HTTP status means for the message and for the sink."""
    detail = f"HTTP {status}"
    if 200 <= status < 300:
        return Reply(Answer.DELIVERED, detail)
    if status in _CLOSED or 300 <= status < 400:
        return Reply(Answer.CLOSED, detail)
    if status in _TRANSIENT or status >= 500:
        return Reply(Answer.RETRY, detail, _seconds(retry_after, at))
    return Reply(Answer.REFUSED, detail)


def _seconds(retry_after: str, at: str) -> float | None:
    """Retry-After as seconds; it is a number of them or an HTTP date. None when absent or unreadable."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.fromisoformat(at)).total_seconds())
    except (TypeError, ValueError):
        return None


def build(options: Mapping[str, Any]) -> Webhook:
    """A sink from its configuration: ``name``, ``url``, ``secret`` (``whsec_…``, several separated by blanks while keys
    change), ``mode`` (``live`` unless it says ``test``), ``timeout_seconds``."""
    unknown = sorted(set(options) - _KEYS)
    if unknown:
        raise ConfigurationError(f"sink webhook: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    name = str(options.get("name", "webhook"))
    url, secret, mode = options.get("url"), options.get("secret"), options.get("mode", "live")
    if not isinstance(url, str) or not url:
        raise ConfigurationError(f"sink {name!r}: url is missing")
    # A secret is given by reference and fetched only here.
    reveal = getattr(secret, "reveal", None)
    revealed = reveal() if callable(reveal) else secret
    if not isinstance(revealed, str) or not revealed.split():
        raise ConfigurationError(f"sink {name!r}: secret is missing")
    if mode not in ("live", "test"):
        raise ConfigurationError(f'sink {name!r}: mode must be "live" or "test"')
    timeout = options.get("timeout_seconds", _ANSWER_SECONDS)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= 120:
        raise ConfigurationError(f"sink {name!r}: timeout_seconds must be above 0 and at most 120")
    return Webhook(name, url, tuple(decode_secret(part) for part in revealed.split()), mode, float(timeout))
