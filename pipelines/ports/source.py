"""Where statements come from: a ``Source`` fetches bytes, a ``StatementReader`` understands one format of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple, Protocol, runtime_checkable

from pipelines.model.access import AccountOutcome
from pipelines.model.finding import Finding
from pipelines.model.statement import Document, Statement
from pipelines.ports.access import AccessStore, Dialogue

# How many days further back an account is fetched whose last data did not fit: something was booked into the past.
DOUBT: Final = timedelta(days=35)
# How many days before its proven end an account is fetched again: banks move and add bookings by some days.
OVERLAP: Final = timedelta(days=5)


class Proven(NamedTuple):
    """The days of an account whose bookings are proven to be complete, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Window:
    """Which days a pull wants of every account.

    as_of: the day of the run, the last one wanted. since: the operator's ``--since``, which overrules everything.
    proven: by account (IBAN in electronic form), over all its currencies what all of them have in common.
    doubted: accounts whose last data are held. mode: ``live`` or ``test``, as fixed in the books; a live source may be
    asked for either.
    """

    as_of: date
    since: date | None = None
    proven: Mapping[str, Proven] = field(default_factory=dict)
    doubted: frozenset[str] = frozenset()
    mode: str = "live"

    def first_day(self, account: str, configured: date | None = None) -> date | None:
        """The first day wanted of an account; None for whatever there is.

        A proven account is fetched from its proven end less ``OVERLAP`` on, less ``DOUBT`` when its last data did not
        fit, however long ago that is, and never from before its first proven day. configured: ``since`` of the
        configuration; it counts until something is proven.
        """
        if self.since is not None:
            return self.since
        span = self.proven.get(account)
        if span is None:
            return configured
        return max(span.first, span.last - (DOUBT if account in self.doubted else OVERLAP))


# What a source hands over: raw bytes first, and at the end of each account how it went.
Arrival = Document | Finding | AccountOutcome


class Source(Protocol):
    """One configured origin (``[[sources]]``). A module of ``sources/`` offers it as ``build(options) -> Source``.

    options: ``name`` and what the configuration says; unknown keys are refused there (``sources.options``).
    """

    @property
    def name(self) -> str:
        """The configured name, stored with every document it delivers."""
        ...

    def fetch(self, window: Window) -> Iterator[Arrival]:
        """Documents one after the other, so that memory stays bounded; what cannot be taken comes as a Finding.

        A source that fetches from banks yields one AccountOutcome per account, after the documents of that account:
        all of an account's documents or none of them. One account's trouble never stops another. A source that holds
        whole files may deliver earlier days and yields no outcome.
        Raises SourceUnavailable when the origin as a whole cannot be reached, NeedsAuthorisation or AccessLocked when
        it refuses all accounts alike; what has been yielded before stays valid.
        The caller's thread is the only one that iterates, and the only one that touches the AccessStore.
        """
        ...


@runtime_checkable
class Authorizable(Protocol):
    """A source whose access a person can renew (``kontoklar authorize SOURCE``)."""

    def authorize(self, dialogue: Dialogue, window: Window) -> Iterator[Arrival]:
        """Goes through consent or TAN with the person and fetches what the open access allows; like ``fetch``.

        Raises SourceUnavailable, NeedsAuthorisation when it was not finished, AccessLocked (never tried again).
        """
        ...


@runtime_checkable
class Remembering(Protocol):
    """A source that keeps something between runs, such as the parameters of a FinTS dialogue."""

    def remember_in(self, store: AccessStore) -> None:
        """Told once, before ``fetch`` or ``authorize``; the store keeps the bytes encrypted."""
        ...


@runtime_checkable
class Closable(Protocol):
    """A source that holds connections."""

    def close(self) -> None:
        """Told once, after the last ``fetch`` or ``authorize``."""
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
