"""Derived identifiers: the same cause always yields the same id, on every machine and in every run (D8)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

# Changing the algorithm would re-import every booking; the version is part of every id.
ALGORITHM = "k1"


def derive(kind: str, *parts: str | int) -> str:
    """A 32-character hex id from a kind and its parts.

    Parts are length-prefixed, so ("a", "bc") and ("ab", "c") never collide.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in (ALGORITHM, kind, *parts):
        raw = str(part).encode()
        digest.update(b"%d:" % len(raw))
        digest.update(raw)
    return digest.hexdigest()


def content_hash(parts: Iterable[str | int]) -> str:
    """A hash over what an id stands for; the same id with another content hash is an error (D8)."""
    return derive("content", *parts)
