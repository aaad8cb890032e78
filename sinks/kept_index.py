"""The look-up tables of matching in one file beside the database, read back by mapping it into memory.

The file holds names, accounts and numbers of debtors: only its owner may read it (0600 in a folder of 0700), and it
goes when matching is told not to keep it. Arrays lie in it as they lie in memory, so that a million items are there at
once and several processes share them. A checksum over the whole file and a fingerprint of what the tables were built
from decide whether it is used; in every doubt it is not, and the tables are built anew.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import os
import pickle
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL

_MAGIC: Final = b"kontoklar-index-1\n"
_FILE: Final = "tables"
_ALIGNED: Final = 64
_WHOLE: Final = 8
_CHUNK: Final = 1 << 24
# What a file of ours is made of. Anything else in it was not written by us, and the file is not used.
_ALLOWED: Final = frozenset(
    {
        ("pipelines.matching.texts", "Texts"), ("pipelines.matching.texts", "KeyTable"),
        ("pipelines.matching.columns", "SortedKeys"), ("pipelines.matching.columns", "Groups"),
        ("pipelines.matching.series", "Series"), ("pipelines.matching.names", "Names"),
        ("pipelines.matching.same_words", "SameWords"),
        ("builtins", "frozenset"), ("copyreg", "_reconstructor"), ("builtins", "object"),
        ("numpy", "dtype"), ("numpy", "ndarray"), ("numpy._core.numeric", "_frombuffer"),
        ("numpy._core.multiarray", "_reconstruct"), ("pyarrow.lib", "_restore_array"), ("pyarrow.lib", "py_buffer"),
        ("pyarrow.lib", "type_for_alias"), ("pyarrow.lib", "large_string"),
    }
)  # fmt: skip


class KeptIndex:
    """``pipelines.ports.kept.TableStore`` in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def file(self) -> Path:
        """The file that holds the tables."""
        return self._folder / _FILE

    def load(self, fingerprint: str) -> Mapping[str, object] | None:
        """The tables, mapped and not copied; None where they are missing, stale or damaged."""
        try:
            with self.file.open("rb") as handle:
                if os.fstat(handle.fileno()).st_uid != os.geteuid():
                    return None
                mapped = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_COPY)
            return _read(mapped, fingerprint)
        except (OSError, ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError, pickle.PickleError):
            return None

    def store(self, fingerprint: str, tables: Mapping[str, object]) -> None:
        """Written beside the old file and put in its place, so that a reader sees the one or the other."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # mkstemp makes the file readable by its owner alone.
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=_FILE)
        except OSError:
            return
        try:
            with os.fdopen(handle, "wb") as out:
                _write(out, fingerprint, tables)
            os.replace(name, self.file)
        except OSError:
            Path(name).unlink(missing_ok=True)

    def forget(self) -> None:
        """Removes what is kept."""
        shutil.rmtree(self._folder, ignore_errors=True)


def kept_beside(place: str, url: URL) -> KeptIndex | None:
    """Where the tables of a database are kept. place: a folder, ``auto`` for beside an SQLite file (other databases
    have no place beside them), ``off`` for nowhere; then what was kept beside the file is removed."""
    if place not in ("auto", "off"):
        return KeptIndex(Path(place))
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    kept = KeptIndex(Path(f"{url.database}.index"))
    if place == "off":
        kept.forget()
        return None
    return kept


def _write(out: Any, fingerprint: str, tables: Mapping[str, object]) -> None:
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(dict(tables), protocol=5, buffer_callback=buffers.append)
    raws = [buffer.raw() for buffer in buffers]
    head = pickle.dumps((fingerprint, len(body), [len(raw) for raw in raws]), protocol=5)
    digest = hashlib.sha256()
    place = 0

    def put(data: Any) -> None:
        nonlocal place
        out.write(data)
        digest.update(data)
        place += len(data)

    out.write(_MAGIC + bytes(digest.digest_size))
    put(len(head).to_bytes(_WHOLE, "little"))
    put(head)
    put(body)
    for raw in raws:
        put(bytes(-(place + len(_MAGIC) + digest.digest_size) % _ALIGNED))
        put(raw)
    out.seek(len(_MAGIC))
    out.write(digest.digest())


def _read(mapped: mmap.mmap, fingerprint: str) -> Mapping[str, object] | None:
    view = memoryview(mapped)
    start = len(_MAGIC) + hashlib.sha256().digest_size
    if bytes(view[: len(_MAGIC)]) != _MAGIC:
        return None
    at = start + _WHOLE
    size = int.from_bytes(view[start:at], "little")
    known, body, sizes = _Strict(io.BytesIO(view[at : at + size])).load()
    if known != fingerprint:
        return None
    digest = hashlib.sha256()
    for place in range(start, len(view), _CHUNK):
        digest.update(view[place : place + _CHUNK])
    if digest.digest() != bytes(view[len(_MAGIC) : start]):
        return None
    at += size
    data, at = view[at : at + body], at + body
    buffers = []
    for length in sizes:
        at += -at % _ALIGNED
        buffers.append(view[at : at + length])
        at += length
    tables: Mapping[str, object] = _Strict(io.BytesIO(data), buffers=buffers).load()
    return tables


class _Strict(pickle.Unpickler):
    """Makes nothing but what our own tables are made of."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in an index")
        return super().find_class(module, name)
