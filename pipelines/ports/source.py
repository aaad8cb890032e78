"""Where statements come from: a ``Source`` fetches bytes, a ``StatementReader`` understands one format of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Protocol

from pipelines.model.finding import Finding
from pipelines.model.statement import Document, Statement


class Source(Protocol):
    """One configured origin (``[[sources]]``). A module of ``sources/`` offers it as ``build(options) -> Source``."""

    @property
    def name(self) -> str:
        """The configured name, stored with every document it delivers."""
        ...

    def fetch(self, since: date | None) -> Iterator[Document | Finding]:
        """Documents one after the other, so that memory stays bounded; what cannot be taken comes as a Finding.

        since: first day wanted; None for whatever there is. A source that holds whole files may deliver earlier days.
        Raises SourceUnavailable when the origin cannot be reached.
        """
        ...


class StatementReader(Protocol):
    """Bytes of one format to statements. Stateless; the version changes whenever the reading may change."""

    @property
    def name(self) -> str:
        """The format family, e.g. ``camt``."""
        ...

    @property
    def version(self) -> str:
        """Name and number, e.g. ``camt-1``; stored with every reading so that old bytes can be read anew."""
        ...

    def recognises(self, head: bytes) -> bool:
        """Whether these first bytes of a document are this format. Looks at content only, never raises."""
        ...

    def read(self, document: Document) -> Iterator[Statement]:
        """Every statement of the document, in file order; at least one.

        What a statement tells wrongly is in its ``defects``. Raises UnreadableDocument when the document as a whole
        cannot be read; nothing has been yielded then.
        """
        ...
