"""Delivery into a folder: one JSON file per message, named by its id, there only when it is complete.

A second try of a message writes the same file again, so the receiver never sees it twice.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pipelines.errors import ConfigurationError, DeliveryRefused
from pipelines.ports.delivery import Answer, Reply
from pipelines.ports.outbox import Message

_SAFE: Final = re.compile(r"[A-Za-z0-9_-]+")


class FileDrop:
    """Writes ``<folder>/<sequence>-<message id>.json``; the sequence keeps a listing in order."""

    def __init__(self, name: str, folder: Path, mode: str = "live") -> None:
        self.name = name
        self.mode = mode
        self._folder = folder

    def send(self, message: Message, at: str) -> Reply:
        """Writes one message. Raises DeliveryRefused for a message of another mode."""
        if message.mode != self.mode:
            raise DeliveryRefused(f"sink {self.name!r} takes {self.mode} messages, this one is of mode {message.mode}")
        if not _SAFE.fullmatch(message.message_id):
            raise DeliveryRefused("the message id cannot be a file name")
        target = self._folder / f"{message.sequence:09d}-{message.message_id}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(message.payload.encode() + b"\n")
                    stream.flush()
                    os.fsync(stream.fileno())
                os.chmod(temporary, 0o640)
                os.replace(temporary, target)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            return Reply(Answer.RETRY, f"the folder cannot be written: {error.strerror}")
        return Reply(Answer.DELIVERED, target.name)

    def close(self) -> None:
        """Nothing to end."""


def build(options: Mapping[str, Any]) -> FileDrop:
    """A sink from its configuration: ``name``, ``path``, and ``mode`` (``live`` unless it says ``test``)."""
    unknown = sorted(set(options) - {"name", "path", "mode"})
    if unknown:
        raise ConfigurationError(f"sink file_drop: unknown key {unknown[0]!r}; known are mode, name, path")
    path, mode = options.get("path"), options.get("mode", "live")
    if not isinstance(path, str | Path) or not str(path):
        raise ConfigurationError("sink file_drop: path must name a folder")
    if mode not in ("live", "test"):
        raise ConfigurationError('sink file_drop: mode must be "live" or "test"')
    return FileDrop(str(options.get("name", "file_drop")), Path(path), mode)
