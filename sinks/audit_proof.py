"""A second, independent reading of the audit chain, from its description alone.

It shares no code with ``sinks.audit``: a mistake there would otherwise prove itself.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, text

_ROWS = """
SELECT sequence, at, "user", event, subject, comment, details, previous_hash, hash,
       coalesce(lag(hash) OVER (ORDER BY sequence), :genesis) AS before,
       row_number() OVER (ORDER BY sequence) AS place
FROM audit ORDER BY sequence
"""


def first_broken_row(connection: Connection) -> str:
    """ "" when every row is in its place, follows the one before and has the hash of its columns."""
    rows = connection.execute(text(_ROWS), {"genesis": "0" * 64}, execution_options={"yield_per": 5000})
    for row in rows:
        if row.sequence != row.place:
            return f"row {row.place} is missing"
        told = b""
        for cell in row[:8]:
            encoded = str(cell).encode("utf-8")
            told += str(len(encoded)).encode("ascii") + b":" + encoded
        if row.previous_hash != row.before:
            return f"row {row.place} does not follow the row before it"
        if hashlib.new("sha256", told).hexdigest() != row.hash:
            return f"row {row.place} was changed"
    return ""
