"""What use cases may ask of and tell the store of open items, debtors, collections and contracts."""

from __future__ import annotations

from collections.abc import Collection as Keys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import pandas as pd

from pipelines.model.finding import Finding
from pipelines.model.receivable import Collection, Contract, Debtor, Receivable


@dataclass(frozen=True, slots=True)
class KnownItem:
    """The newest version of an open item, and what kontoklar has allocated to it.

    settled_elsewhere_minor: paid outside kontoklar, signed like the amount. allocated_minor: Σ of all allocations,
    reversals included. ever_allocated_minor: what was ever allocated, as if nothing had been taken back.
    """

    version: int
    content_hash: str
    amount_minor: int
    currency: str
    debtor_number: str
    settled_elsewhere_minor: int
    allocated_minor: int = 0
    ever_allocated_minor: int = 0


@dataclass(frozen=True, slots=True)
class KnownRow:
    """The newest version of a debtor, collection or contract."""

    version: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """A new version of an open item, ready to be stored."""

    item: Receivable
    version: int
    settled_elsewhere_minor: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class RowVersion:
    """A new version of a debtor, collection or contract, ready to be stored."""

    noun: Debtor | Collection | Contract
    version: int
    content_hash: str


class ReceivableStore(Protocol):
    """The newest version of everything counts; versions are only ever added (D7)."""

    def known_items(self, invoice_numbers: Keys[str]) -> Mapping[str, KnownItem]:
        """The newest versions of these open items; unknown numbers are left out."""
        ...

    def known_rows(self, kind: str, keys: Keys[tuple[str, ...]]) -> Mapping[tuple[str, ...], KnownRow]:
        """The newest versions of ``debtors``, ``collections`` or ``contracts`` by key; unknown keys are left out."""
        ...

    def add_items(self, versions: Sequence[ItemVersion]) -> None:
        """Stores new versions of open items."""
        ...

    def add_rows(self, kind: str, versions: Sequence[RowVersion]) -> None:
        """Stores new versions of ``debtors``, ``collections`` or ``contracts``."""
        ...

    def invoices_by_end_to_end_id(self, end_to_end_ids: Keys[str]) -> Mapping[str, tuple[str, ...]]:
        """Invoice numbers of the open items that carry these end-to-end ids."""
        ...

    def items(self) -> pd.DataFrame:
        """Every open item in its newest version, with what is still owed on it (frames.py, items)."""
        ...

    def debtors(self) -> pd.DataFrame:
        """Every debtor in its newest version."""
        ...

    def collections(self) -> pd.DataFrame:
        """Every submitted direct debit in its newest version."""
        ...

    def contracts(self) -> pd.DataFrame:
        """Every contract in its newest version."""
        ...

    def known_payers(self) -> pd.DataFrame:
        """Which bank accounts have paid for which debtors, how often and when last."""
        ...


class TableRow(NamedTuple):
    """A row of a table file that was understood. number: where it stands.

    open_given: the file itself states the open amount of this receivable; always False for other kinds.
    """

    number: int
    noun: Receivable | Debtor | Collection | Contract
    open_given: bool = False


@dataclass(slots=True)
class TableBatch:
    """A part of a table file: what was understood, what was wrong, and how many rows were refused."""

    rows: list[TableRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refused: int = 0


@dataclass(frozen=True, slots=True)
class DraftCollection:
    """A submitted direct debit that does not name its invoice in a field of its own (pain.008).

    collection.invoice_number is still "". candidates: texts that may be an invoice number, most telling first.
    position: ``PmtInf 1/DrctDbtTxInf 3``.
    """

    collection: Collection
    candidates: tuple[str, ...]
    position: str


class TableReader(Protocol):
    """Reads table files (``sources.receivables``)."""

    def read(self, path: Path, kind: str) -> Iterator[TableBatch]:
        """The rows of one file, in parts. Raises HeaderError or UnreadableDocument for a file refused whole."""
        ...

    def drafts(self, path: Path) -> tuple[Sequence[DraftCollection], Sequence[Finding]] | None:
        """The debits of a pain.008 message; None when the file is none."""
        ...
