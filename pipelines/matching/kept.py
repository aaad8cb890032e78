"""What look-up tables were built from, as a hash: the key under which they are kept between runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

# Changes whenever the tables change their meaning, so that what an earlier version kept is not read.
VERSION = 2


def fingerprint(columns: Iterable[Any]) -> str:
    """SHA-256 over the contents of Arrow arrays, their order and their lengths."""
    digest = hashlib.sha256(f"kontoklar tables {VERSION}".encode())
    for column in columns:
        digest.update(f"|{column.type}|{len(column)}|{column.offset}|".encode())
        for buffer in column.buffers():
            if buffer is not None:
                digest.update(buffer)
    return digest.hexdigest()
