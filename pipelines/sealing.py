"""Bytes encrypted at rest: what sources remember between runs (Fernet: AES-128-CBC with HMAC-SHA256).

The key is never in the database and never in the configuration file. Losing it loses nothing that ``authorize`` could
not bring back.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pipelines.errors import ConfigurationError

ENVIRONMENT = "KONTOKLAR_ACCESS_KEY"


def default_key_file() -> Path:
    """Where the key lives unless the configuration names another place: the user's own configuration folder."""
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "kontoklar" / "access.key"


class Sealer:
    """Seals and opens with one key. key: gives the key text when it is first needed; see ``key_from``."""

    def __init__(self, key: Callable[[], str]) -> None:
        self._key = key

    def seal(self, content: bytes) -> str:
        """Encrypted text, another one every time."""
        from cryptography.fernet import Fernet

        return Fernet(self._checked()).encrypt(content).decode("ascii")

    def open(self, sealed: str) -> bytes | None:
        """What was sealed; None when this key does not open it."""
        from cryptography.fernet import Fernet, InvalidToken

        try:
            return Fernet(self._checked()).decrypt(sealed.encode("ascii"))
        except InvalidToken:
            return None

    def _checked(self) -> bytes:
        from cryptography.fernet import Fernet

        key = self._key().strip().encode("ascii", errors="replace")
        try:
            Fernet(key)
        except ValueError:
            raise ConfigurationError(
                "the key of [memory] must be 32 random bytes in URL-safe base64; "
                'make one with: python -c "import os, base64; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'
            ) from None
        return key


def key_from(configured: Callable[[], str] | None) -> Callable[[], str]:
    """The configured secret, else KONTOKLAR_ACCESS_KEY, else a key file that is made when it is first needed."""
    if configured is not None:
        return configured
    return lambda: os.environ.get(ENVIRONMENT) or _key_file(default_key_file())


def _key_file(path: Path) -> str:
    from cryptography.fernet import Fernet

    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Only the owner may read it, from the first byte on; of two runs that start together one makes it.
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(Fernet.generate_key())
        return path.read_text(encoding="ascii")
    except FileExistsError:
        return path.read_text(encoding="ascii")
    except OSError:
        raise ConfigurationError(
            f"the key file {path} cannot be made or read; name another place in [memory] key or set {ENVIRONMENT}"
        ) from None
