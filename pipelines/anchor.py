"""The head of the audit trail kept where the database cannot reach it: one line per anchor, the newest last.

A chain of hashes shows every change inside it but not that its end was cut off, nor that all of it was written anew.
The newest anchor shows both: whatever it stands for must still be there, and all before it with it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigurationError
from pipelines.ports.audit import AuditHead

_HEAD: Final = re.compile(r"(\d+):([0-9a-f]{64})", re.ASCII)


def write_anchor(path: Path, head: AuditHead, at: str) -> str:
    """Adds ``AT SEQUENCE:HASH`` to a file and returns the line. Raises ConfigurationError for an empty trail, or when
    the file already holds a later anchor: then the trail was cut."""
    if not head.sequence:
        raise ConfigurationError("the audit trail is empty; there is nothing to anchor yet")
    known = _newest(path.read_text(encoding="utf-8")) if path.is_file() else None
    if known is not None and known.sequence > head.sequence:
        raise ConfigurationError(
            f"{path.name} holds an anchor of row {known.sequence}, later than the newest row {head.sequence}: rows of "
            "the trail are missing; run: kontoklar check --anchor"
        )
    line = f"{at} {head.sequence}:{head.hash}"
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    return line


def read_anchor(text: str) -> str:
    """``SEQUENCE:HASH`` from that very text or from a file of anchors; "" stays "". Raises ConfigurationError."""
    if not text or _HEAD.fullmatch(text):
        return text
    path = Path(text)
    if not path.is_file():
        raise ConfigurationError(f"the anchor {path} is neither a file nor SEQUENCE:HASH as 'audit anchor' writes it")
    head = _newest(path.read_text(encoding="utf-8"))
    if head is None:
        raise ConfigurationError(f"{path} holds no anchor such as 'audit anchor' writes")
    return f"{head.sequence}:{head.hash}"


def _newest(text: str) -> AuditHead | None:
    heads = [AuditHead(int(found[1]), found[2]) for found in _HEAD.finditer(text)]
    return max(heads, key=lambda head: head.sequence, default=None)
