"""ZIP archives as documents, safe against bombs, lying sizes, unsafe names, encryption and damage."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator

from pipelines.model.finding import Finding, Severity
from pipelines.model.statement import Document
from sources.intake import ZIP_MAGIC, Limits, is_ignored, printable, refused, too_large

_BLOCK = 1024 * 1024
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, IndexError, OverflowError)


class _Budget:
    """What is left of the total an outermost archive may unpack to."""

    def __init__(self, total: int) -> None:
        self.left = total


def members(content: bytes, name: str, source: str, limits: Limits) -> Iterator[Document | Finding]:
    """The documents of an archive in order of their names, nested archives unpacked, one in memory at a time."""
    yield from _members(content, name, source, limits, 1, _Budget(limits.archive_total))


def _members(
    content: bytes, name: str, source: str, limits: Limits, depth: int, budget: _Budget
) -> Iterator[Document | Finding]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        infos = archive.infolist()
    except (*_DAMAGE, NotImplementedError):
        yield refused("zip-corrupt", name, "The ZIP archive is damaged or cut off; fetch it again.")
        return
    with archive:
        if len(infos) > limits.archive_members:
            yield _bomb(name, f"it lists {len(infos)} members, more than {limits.archive_members}")
            return
        if not any(not info.is_dir() for info in infos):
            yield refused("zip-empty", name, "The ZIP archive holds no file; fetch it again.")
            return
        for info in sorted(infos, key=lambda one: (one.orig_filename, one.header_offset)):
            if info.is_dir():
                continue
            member = f"{name}/{printable(info.orig_filename)}"
            problem = _refusal(info, member, name, limits)
            if problem is not None:
                yield problem
                continue
            if info.file_size > budget.left:
                yield _bomb(name, f"it unpacks to more than {limits.archive_total // _BLOCK} MiB")
                return
            data = _unpack(archive, info, member, limits)
            if isinstance(data, Finding):
                yield data
                continue
            budget.left -= len(data)
            if not data.startswith(ZIP_MAGIC):
                yield Document(member, data, source)
            elif depth >= limits.depth:
                yield refused("zip-too-deep", member, "Archives are nested too deeply; unpack this one by hand.")
            else:
                yield from _members(data, member, source, limits, depth + 1, budget)


def _refusal(info: zipfile.ZipInfo, member: str, name: str, limits: Limits) -> Finding | None:
    """Why a member is not even opened, None if it may be."""
    raw = info.orig_filename
    if _is_unsafe(raw) or stat.S_ISLNK(info.external_attr >> 16):
        return refused(
            "zip-unsafe-name",
            member,
            "The member's name leaves its folder or it is a link; it was left out. Ask who made the archive.",
        )
    if is_ignored(raw):
        return refused("file-ignored", member, "A hidden or system file; it was left out.", severity=Severity.INFO)
    if info.flag_bits & 0x1:
        return refused("zip-encrypted", member, "The member is encrypted; deliver it without a password.")
    if info.file_size > limits.document:
        return too_large(member, info.file_size, limits)
    if info.file_size > limits.ratio_floor and info.file_size > limits.ratio * max(info.compress_size, 1):
        return _bomb(member, f"it unpacks to more than {limits.ratio} times its size")
    return None


def _is_unsafe(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\x00" in name


def _bomb(name: str, why: str) -> Finding:
    return refused("zip-bomb", name, f"The archive was refused: {why}. Nothing more of it was read.")


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, member: str, limits: Limits) -> bytes | Finding:
    """A member's bytes, never more than its directory entry promised."""
    parts: list[bytes] = []
    size = 0
    try:
        with archive.open(info) as stream:
            while block := stream.read(_BLOCK):
                size += len(block)
                if size > info.file_size or size > limits.document:
                    return _bomb(member, "it holds more than it says")
                parts.append(block)
    except NotImplementedError:
        return refused("zip-unsupported", member, "The member is packed in a way that is not supported.")
    except RuntimeError:
        return refused("zip-encrypted", member, "The member is encrypted; deliver it without a password.")
    except _DAMAGE:
        return refused("zip-corrupt", member, "The member is damaged (checksum or data); fetch the archive again.")
    return b"".join(parts)
