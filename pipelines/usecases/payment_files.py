"""Gives payment files out: each once, under its own name, never over another file."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from pipelines.errors import ConfigurationError
from pipelines.ports.operations import PaymentFile
from pipelines.ports.work import Books


def write_payment_files(books: Books, folder: Path, as_of: date) -> list[Path]:
    """Writes what nobody has been given yet and notes it. A crash in between writes the same file again, no other.

    Raises ConfigurationError when the folder cannot be written to, or holds another file under the same name.
    """
    written = []
    with books.lease("payments", as_of):
        # Under the lease: whoever waited for it must not give the same file out again.
        with books.read() as work:
            waiting = work.operations.unwritten_files()
        for file in waiting:
            written.append(_write(file, folder))
            with books.write() as work:
                work.operations.file_written(file.message_id, written[-1].name)
    return written


def _write(file: PaymentFile, folder: Path) -> Path:
    path = folder / f"{file.message_id}.xml"
    content = file.content.encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            if path.read_bytes() != content:
                raise ConfigurationError(f"{path} holds another file; move it away and try again")
            return path
        # Only whoever runs this may read it: it holds names and accounts.
        draft = path.with_suffix(".part")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(draft, path)
    except OSError:
        raise ConfigurationError(f"the folder {folder} cannot be written to; set [payments] folder") from None
    return path
