"""Secrets by reference: the configuration says where one is, it is fetched when needed and never shown."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigurationError

KINDS = ("env", "file", "keyring")


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Where a secret is. kind: ``env`` (variable), ``file`` (path) or ``keyring`` (``SERVICE/USER``).

    Printing one shows the place, never the value; the value lives only in what ``reveal`` returns.
    """

    kind: str
    place: str

    def __repr__(self) -> str:
        return f"Secret({self.kind}={self.place!r})"

    __str__ = __repr__

    def reveal(self) -> str:
        """The secret itself, without the line end of a secret file. Raises ConfigurationError when it is not there."""
        if self.kind == "env":
            value = os.environ.get(self.place, "")
            if not value:
                raise ConfigurationError(f"the environment variable {self.place} holds no secret; set it")
            return value
        if self.kind == "file":
            try:
                value = Path(self.place).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError):
                raise ConfigurationError(f"the secret file {self.place} cannot be read") from None
            if not value:
                raise ConfigurationError(f"the secret file {self.place} is empty")
            return value
        return _from_keyring(self.place)


def _from_keyring(place: str) -> str:
    service, _, user = place.partition("/")
    try:
        keyring = importlib.import_module("keyring")
    except ModuleNotFoundError:
        raise ConfigurationError(
            f'the secret "{place}" is in the keyring, but the package "keyring" is not installed'
        ) from None
    value = keyring.get_password(service, user)
    if not value:
        raise ConfigurationError(f'the keyring has no entry "{place}"')
    return str(value)


def secret_from(raw: Mapping[str, Any], where: str, base: Path) -> Secret:
    """A Secret from ``{ env = "NAME" }``, ``{ file = "PATH" }`` or ``{ keyring = "SERVICE/USER" }``.

    where: the key, for the message. base: the folder that relative secret files start from.
    """
    kinds = " or ".join(f'{{ {kind} = "…" }}' for kind in KINDS)
    if len(raw) != 1 or next(iter(raw)) not in KINDS:
        raise ConfigurationError(f"{where} must be {kinds}")
    kind, place = next(iter(raw.items()))
    if not isinstance(place, str) or not place:
        raise ConfigurationError(f"{where}.{kind} must be a text")
    if kind == "keyring" and "/" not in place:
        raise ConfigurationError(f'{where}.keyring must be "SERVICE/USER"')
    return Secret(kind, str((base / Path(place).expanduser()).absolute()) if kind == "file" else place)
