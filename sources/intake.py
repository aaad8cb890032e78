"""What is taken in at all: limits, names to leave out, and how a refusal of a whole file reads."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.model.finding import Finding, Severity

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what is taken in; sizes in bytes.

    document: one file or unpacked member. archive_total: everything one archive unpacks to, nested ones included.
    archive_members: members of one archive. ratio: unpacked to packed size of a member above ``ratio_floor``.
    depth: archives inside archives (1 = a ZIP without ZIPs in it).
    """

    document: int = 100 * MIB
    archive_total: int = 500 * MIB
    archive_members: int = 10_000
    ratio: int = 200
    ratio_floor: int = 8 * MIB
    depth: int = 2


DEFAULT_LIMITS = Limits()
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_IGNORED_NAMES = frozenset({"thumbs.db", "desktop.ini"})
_IGNORED_FOLDERS = frozenset({"__macosx"})


def is_ignored(name: str) -> bool:
    """Files systems leave behind: hidden ones, ``Thumbs.db``, ``__MACOSX/``."""
    parts = [part.lower() for part in name.replace("\\", "/").split("/") if part]
    if not parts:
        return True
    return parts[-1] in _IGNORED_NAMES or any(
        part in _IGNORED_FOLDERS or (part.startswith(".") and part.strip(".")) for part in parts
    )


def refused(code: str, name: str, message: str, position: str = "", severity: Severity = Severity.ERROR) -> Finding:
    """A finding about a file as a whole."""
    return Finding(code, severity, name, message, name, position)


def too_large(name: str, size: int, limits: Limits) -> Finding:
    """The refusal of a document above the limit."""
    return refused(
        "document-too-large",
        name,
        f"The file has {size / MIB:.0f} MiB, more than the {limits.document / MIB:.0f} MiB that are taken in; "
        "it was not read. Split it or ask the bank for smaller files.",
    )


def printable(name: str) -> str:
    """A file name fit for messages and tables: control characters shown as ``?``, at most 200 characters."""
    return "".join(sign if sign.isprintable() else "?" for sign in name)[:200]
