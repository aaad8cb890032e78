"""Blocks, steps by hand, releases, new collections and answers to returns: what dunning reads and leaves behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

from pipelines.model.dunning_case import (
    BlockScope,
    DunningBlock,
    Hand,
    HandChange,
    ListKind,
    NewCollection,
    PostedReturn,
    ProposalList,
    ReturnAnswer,
)


@dataclass(frozen=True, slots=True)
class Cases:
    """What a run of dunning needs beyond open items and payments.

    blocks: (scope, key) → cause, standing on the day. hands: invoice number → (course, what was done to it by hand).
    released: triggers a person let go. collections: invoice number → new collections so far, oldest first. of_invoice:
    fee or interest → the invoice it belongs to. hard: items whose last return was a hard decline. blocked_ibans:
    accounts nothing may be collected from.
    """

    blocks: Mapping[tuple[str, str], str] = field(default_factory=dict)
    hands: Mapping[str, Mapping[str, Hand]] = field(default_factory=dict)
    released: frozenset[str] = frozenset()
    collections: Mapping[str, Sequence[NewCollection]] = field(default_factory=dict)
    of_invoice: Mapping[str, str] = field(default_factory=dict)
    hard: frozenset[str] = frozenset()
    blocked_ibans: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """What an event of a trigger told: template, fee in minor units, and the new payment date (None without one)."""

    trigger_id: str
    event_no: int
    channel: str
    template: str
    fee_minor: int
    deadline: date | None


class ToldFee(NamedTuple):
    """The fee that the first message of a trigger told. invoice_number: what it is charged on."""

    trigger_id: str
    invoice_number: str
    plan: str
    level: int
    fee_minor: int


class DunningCases(Protocol):
    """Append-only."""

    def cases(self, on: date) -> Cases:
        """Everything a run needs; ``blocked_ibans`` is left empty."""
        ...

    def blocks(self, on: date) -> list[DunningBlock]:
        """Blocks that stand on a day, the oldest first."""
        ...

    def add_block(self, scope: BlockScope, key: str, cause: str, until: date | None, user: str, reason: str) -> str:
        """Stores a block; returns its id."""
        ...

    def end_blocks(self, block_ids: Collection[str], user: str, reason: str) -> None:
        """Takes blocks back."""
        ...

    def add_change(self, change: HandChange) -> None:
        """Stores a step by hand; its number is given here."""
        ...

    def changes(self, invoice_number: str) -> list[HandChange]:
        """The steps by hand on an item, oldest first."""
        ...

    def add_terms(self, terms: Sequence[Terms]) -> None:
        """Stores what messages told."""
        ...

    def fees(self, since: date) -> list[ToldFee]:
        """Fees told since a day by triggers that are ready or delivered, by trigger id; charged ones too."""
        ...

    def add_collections(self, collections: Sequence[NewCollection]) -> None:
        """Stores new collections, known as submitted from now on."""
        ...

    def to_list(self, hold_reason: str, on: date) -> list[tuple[str, str]]:
        """(trigger id, action) of what waits for a release and is on no open list and on none of that day."""
        ...

    def add_list(self, kind: ListKind, on: date, trigger_ids: Sequence[str]) -> str:
        """Stores a proposal list; returns its id."""
        ...

    def lists(self, *, open_only: bool = True, list_id: str = "") -> list[ProposalList]:
        """Proposal lists with their lines as they stand now, oldest first."""
        ...

    def answer_list(self, list_id: str, outcome: str, released: Sequence[str], user: str, reason: str) -> None:
        """Closes a list; released: the triggers that may go."""
        ...

    def posted_returns(self) -> list[PostedReturn]:
        """Posted returns of direct debits that have no answer so far."""
        ...

    def add_answers(self, answers: Sequence[ReturnAnswer]) -> None:
        """Stores answers to returns."""
        ...

    def answers(self, transaction_id: str = "", since: date | None = None) -> list[ReturnAnswer]:
        """Answers to returns, oldest first; of one return, or of all since a day."""
        ...

    def first_letters(self, *, delivered: bool) -> dict[str, date]:
        """Invoice number → day of its first dunning message. delivered: a message that only was ready is none."""
        ...

    def charged(self) -> dict[tuple[str, str], int]:
        """(invoice number, kind of charge) → what was charged on it and not undone, in minor units."""
        ...

    def payments(self, invoice_numbers: Collection[str]) -> dict[str, list[tuple[date, int]]]:
        """Invoice number → what lowered (positive) or raised it, day by day, in minor units."""
        ...
