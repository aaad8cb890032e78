"""Keyed hashes under the secret of this database (``meta``: secret_key), made when the schema was.

Who may read the database can read the key. It keeps access hashes from being guessed, and the values behind a block
from being read out of a table, an export or a copy of one table; a block outlives the erasure of its value.
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import Connection, select

from pipelines.errors import LedgerInvariantBroken
from sinks.tables import meta


def secret_key(connection: Connection) -> bytes:
    """The secret of this database."""
    value = connection.scalar(select(meta.c.value).where(meta.c.key == "secret_key"))
    if not value:
        raise LedgerInvariantBroken("The database lost its secret key; restore table meta from a backup.")
    return bytes.fromhex(value)


def keyed_hash(key: bytes, purpose: str, *parts: str | int) -> str:
    """HMAC-SHA-256 over length-prefixed parts, 64 hex signs; one purpose never says anything about another."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in (purpose, *parts):
        raw = str(part).encode()
        digest.update(b"%d:" % len(raw))
        digest.update(raw)
    return digest.hexdigest()


def key_id(key: bytes) -> str:
    """Eight signs that tell keys apart and say nothing about them."""
    return keyed_hash(key, "key-id")[:8]
