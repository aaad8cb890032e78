"""The options of a live source: every key named, of the right kind, unknown ones refused with the nearest known name.

Secrets come as references (anything with ``reveal``) and are revealed as late as possible. Messages name keys, never
values.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from pipelines.errors import ConfigurationError

ALWAYS: Final = ("name", "use")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(url: str) -> bool:
    """Whether an address is this very machine, which no proxy can reach and where plain HTTP is safe."""
    return (urlsplit(url).hostname or "") in _LOOPBACK


class Options:
    """The table of one source. Every getter raises ConfigurationError naming the source and the key."""

    def __init__(self, values: Mapping[str, Any], known: Collection[str], kind: str) -> None:
        self._values = values
        self.name = str(values.get("name") or kind)
        self.kind = kind
        names = sorted({*known, *ALWAYS})
        for key in values:
            if key not in names:
                near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
                hint = f'; did you mean "{near[0]}"?' if near else f"; known are {', '.join(names)}"
                raise ConfigurationError(f'source "{self.name}" ({kind}): unknown key "{key}"{hint}')

    def _wrong(self, key: str, what: str) -> ConfigurationError:
        return ConfigurationError(f'source "{self.name}" ({self.kind}): {key} must be {what}')

    def text(self, key: str, default: str | None = None) -> str:
        """A text. default: None makes the key a must."""
        value = self._values.get(key, default)
        if not isinstance(value, str) or (default is None and not value):
            raise self._wrong(key, "a text" if value is not None else "given")
        return value

    def url(self, key: str, default: str | None = None) -> str:
        """An https address without a trailing slash; plain http only on this machine itself."""
        value = self.text(key, default).rstrip("/")
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise self._wrong(key, "an https address without a login in it")
        if parts.scheme == "http" and not is_loopback(value):
            raise self._wrong(key, "an https address: plain http would show the login to everybody on the way")
        return value

    def secret(self, key: str) -> Callable[[], str]:
        """How to get the secret when it is needed; it is not fetched here."""
        value = self._values.get(key)
        reveal = getattr(value, "reveal", None)
        if not callable(reveal):
            wanted = '{ env = "NAME" }, { file = "PATH" } or { keyring = "SERVICE/USER" }'
            raise self._wrong(key, f"a reference such as {wanted}; a secret is never written into the file")

        def revealed() -> str:
            found = reveal()
            assert isinstance(found, str)
            return found

        return revealed

    def accounts(self, key: str = "accounts") -> tuple[str, ...]:
        """IBANs in electronic form, () for all."""
        value = self._values.get(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one.strip() for one in value):
            raise self._wrong(key, "a list of IBANs")
        return tuple(one.replace(" ", "").upper() for one in value)

    def day(self, key: str = "since") -> date | None:
        """A TOML date, or None."""
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                raise self._wrong(key, "a date such as 2026-08-01") from None
        if isinstance(value, datetime) or not isinstance(value, date):
            raise self._wrong(key, "a date such as 2026-08-01")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def whole(self, key: str, default: int, *, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self._values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._wrong(key, f"a whole number from {least} to {most}")
        return value

    def seconds(self, key: str, default: float, *, most: float) -> float:
        """A positive length of time."""
        value = self._values.get(key, default)
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not math.isfinite(value) or not 0 < value <= most:
            raise self._wrong(key, f"seconds above 0 and at most {most:g}")
        return float(value)

    def numbers(self, key: str) -> tuple[int, ...]:
        """Ids as whole numbers, () for all."""
        value = self._values.get(key, ())
        if not isinstance(value, list | tuple) or any(
            isinstance(one, bool) or not isinstance(one, int) for one in value
        ):
            raise self._wrong(key, "a list of whole numbers")
        return tuple(value)

    def one_of(self, key: str, choices: tuple[str, ...]) -> str:
        """One of several words; the first is the default."""
        value = self.text(key, choices[0])
        if value not in choices:
            raise self._wrong(key, " or ".join(f'"{choice}"' for choice in choices))
        return value
