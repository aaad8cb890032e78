"""Paths to documents: files, folders and ZIP archives, one after the other, within limits nobody honest reaches."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.model.finding import Finding, Severity
from pipelines.model.statement import Document
from sources.archives import members
from sources.intake import DEFAULT_LIMITS, ZIP_MAGIC, Limits, is_ignored, printable, refused, too_large


def documents(
    paths: Iterable[Path], source: str = "file", limits: Limits = DEFAULT_LIMITS
) -> Iterator[Document | Finding]:
    """Documents of files, folders (recursively, sorted by name) and ZIP archives, lazily; what cannot be taken is a
    Finding and the others go on. ``Document.name`` is relative to the path given."""
    for path in paths:
        if path.is_dir():
            for file in _files_below(path):
                yield from _file(file, file.relative_to(path).as_posix(), source, limits)
        else:
            yield from _file(path, path.name, source, limits)


def _files_below(folder: Path) -> Iterator[Path]:
    found: list[Path] = []
    for where, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        found.extend(Path(where, file) for file in files)
    yield from sorted(found, key=lambda file: file.relative_to(folder).as_posix())


def _file(path: Path, raw_name: str, source: str, limits: Limits) -> Iterator[Document | Finding]:
    name = printable(raw_name)
    if is_ignored(raw_name):
        yield refused("file-ignored", name, "A hidden or system file; it was left out.", severity=Severity.INFO)
        return
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            yield refused("document-unreadable", name, "The path is not a regular file.")
            return
        if status.st_size > limits.document:
            yield too_large(name, status.st_size, limits)
            return
        content = path.read_bytes()
    except FileNotFoundError:
        yield refused("document-missing", name, "There is no such file. Check the path.")
        return
    except OSError as problem:
        yield refused("document-unreadable", name, f"The file cannot be read ({problem.strerror}).")
        return
    if content.startswith(ZIP_MAGIC):
        yield from members(content, name, source, limits)
    else:
        yield Document(name, content, source)
