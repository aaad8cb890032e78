"""The past as it was known: which runs matched when, and the facts that arrived in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol


class PastMatch(NamedTuple):
    """A match run of the past. epoch: of its run; runs exclude each other, so epochs order everything that is known."""

    match_no: int
    as_of: date
    epoch: int


class PastDecision(NamedTuple):
    """What a person decided. entries: ids of the journal entries made for it, in the order of posting."""

    transaction_id: str
    command: str
    epoch: int
    row: Mapping[str, Any]
    entries: tuple[str, ...]


class Posted(NamedTuple):
    """An automatic post. effects: invoice number ("" on account) → effect on what is owed."""

    transaction_id: str
    booking_date: str
    amount_minor: int
    currency: str
    effects: Mapping[str, int]
    pattern: str
    probability: float


Rows = tuple[str, tuple[str, ...], list[tuple[Any, ...]]]


class History(Protocol):
    """Reads the past of one database, and fills another one with it."""

    def matches(self, since: date, until: date) -> list[PastMatch]:
        """Match runs for days in the period, in their order."""

    def everything(self, before: int) -> Iterator[Rows]:
        """All rows matching may read that were written before an epoch: (table, columns, rows)."""

    def arrivals(self, after: int, until: int) -> Iterator[Rows]:
        """What arrived from outside after one epoch and up to another: bank data and what the billing system knows."""

    def decisions(self, after: int, until: int) -> list[PastDecision]:
        """What people decided after one epoch and up to another, in their order."""

    def take(self, rows: Rows) -> None:
        """Writes rows of another database as they are."""

    def record_decision(self, row: Mapping[str, Any]) -> None:
        """Writes a decision of another database."""

    def automatic(self, match_numbers: Sequence[int] | None, after: int) -> list[Posted]:
        """Automatic posts of these match runs (None: of those after number ``after``), in order of booking day."""

    def standing(self, transaction_id: str) -> dict[str, int]:
        """Invoice → effect of what a transaction pays now."""
