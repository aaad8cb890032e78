"""Debtors as use cases see them: who they are, what is known about them, their accounts, and whom to keep out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from pipelines.model.debtor import DebtorFact, LearnedIban, Profile
from pipelines.model.debtor_account import AccountLine, ItemFacts

# What debtors are searched by.
CRITERIA = (
    "number", "name", "iban", "email", "invoice", "tag", "external-id", "contract", "mandate", "order", "id",
)  # fmt: skip


class Change(NamedTuple):
    """One version of something known about a debtor. at: ISO instant. user: ``kontoklar`` for loads.

    what: ``loaded`` (a version of the load; value names the fields that changed), a field, ``number`` or ``access``.
    """

    at: str
    user: str
    debtor_number: str
    what: str
    action: str
    value: str
    reason: str


class NamedDebtor(NamedTuple):
    """What a search by name looks at. names: the name and every alias and name on an invoice."""

    debtor_number: str
    names: tuple[str, ...]


class Balance(NamedTuple):
    """A debtor account in one currency; due_minor: owed on items that are past their due date."""

    debtor_number: str
    currency: str
    debit_minor: int
    credit_minor: int
    due_minor: int
    oldest_due: str
    items_open: int


class Debtors(Protocol):
    """Reads loaded versions and people's facts; adds facts (D7)."""

    def id_of(self, debtor_number: str) -> str:
        """The immutable id behind a customer number, known or not."""
        ...

    def find(self, key: str) -> list[str]:
        """Ids of known debtors meant by a customer number, an id, the beginning of one (six signs or more), or an
        external id."""
        ...

    def numbers(self, debtor_id: str) -> tuple[str, ...]:
        """Every number a debtor has had, the newest last; empty when nobody knows the id."""
        ...

    def is_known(self, debtor_number: str) -> bool:
        """Whether any fact names this number."""
        ...

    def profiles(self, debtor_ids: Collection[str]) -> dict[str, Profile]:
        """Debtors as known now; unknown ids are left out."""
        ...

    def all_numbers(self) -> list[str]:
        """Every customer number any fact names, sorted."""
        ...

    def named(self) -> Iterator[NamedDebtor]:
        """Every known debtor with all names, by number."""
        ...

    def learned_ibans(self, numbers: Collection[str]) -> list[LearnedIban]:
        """Accounts of a debtor and how each was learned, one entry per origin."""
        ...

    def history(self, numbers: Collection[str]) -> list[Change]:
        """Every change, the oldest first."""
        ...

    def facts(self, debtor_id: str) -> list[DebtorFact]:
        """What people said, in order."""
        ...

    def add_fact(self, debtor_number: str, field: str, action: str, value: str, user: str, reason: str) -> DebtorFact:
        """Stores one fact."""
        ...

    def shared_external_ids(self) -> list[tuple[str, ...]]:
        """Numbers of different debtors that the newest loads give one external id, the older number first."""
        ...

    def stands_alone(self, debtor_number: str) -> bool:
        """Whether a number is known from loads and payments only: nobody said, blocked or gave out anything for it."""
        ...

    def renumber(self, debtor_id: str, previous: str, number: str, user: str, reason: str) -> None:
        """Gives a debtor a further number, which becomes the newest."""
        ...

    def access_hash(self, debtor_id: str) -> str:
        """What opens a debtor's own page: the id and a keyed hash that cannot be guessed."""
        ...

    def by_access_hash(self, access_hash: str) -> str:
        """The debtor's id, "" for a hash that was never given out or has been renewed since."""
        ...

    def renew_access(self, debtor_id: str, user: str, reason: str) -> None:
        """Makes every access hash given out before worthless."""
        ...


class DebtorAccounts(Protocol):
    """The lines of accounts."""

    def lines(self, numbers: Collection[str]) -> list[AccountLine]:
        """Every line of these debtors' accounts, unordered; those of moved items belong to the newest debtor."""
        ...

    def items(self, numbers: Collection[str]) -> dict[str, ItemFacts]:
        """Receivables whose newest version belongs to these debtors."""
        ...

    def balances(self, numbers: Collection[str], as_of: date) -> list[Balance]:
        """Debtor accounts in figures; debtors without any line are left out."""
        ...


class DebtorSearch(Protocol):
    """Customer numbers that meet one criterion, exactly."""

    def numbers_with(self, criterion: str, value: str) -> set[str]:
        """criterion: iban, email, invoice, tag, external-id, contract, mandate or order."""
        ...

    def numbers_active(self, first: date | None, last: date | None) -> set[str]:
        """Debtors with an invoice issued or a payment allocated on these days."""
        ...


class BlockRow(NamedTuple):
    """A block that is not taken back. until: last blocked day, None for no end. debtor_id "" is all debtors."""

    block_id: str
    kind: str
    masked: str
    debtor_id: str
    until: date | None
    user: str
    reason: str
    at: str


class Blocklist(Protocol):
    """Full values are compared through a keyed hash; only the masked form is stored."""

    def add(
        self, kind: str, value: str, masked: str, debtor_id: str, until: date | None, user: str, reason: str
    ) -> str:
        """Blocks a normalised value; returns the block's id."""
        ...

    def end(self, block_ids: Collection[str], user: str, reason: str) -> None:
        """Takes blocks back."""
        ...

    def of(self, kind: str, values: Collection[str], on: date) -> Mapping[str, Sequence[BlockRow]]:
        """value → blocks that hold on a day; values that are not blocked are left out."""
        ...

    def all(self, on: date) -> list[BlockRow]:
        """Blocks that hold on a day, the oldest first."""
        ...

    def payments(self, transaction_ids: Collection[str], on: date) -> Mapping[str, frozenset[str]]:
        """transaction → debtor ids for which its payer's account is blocked; "" stands for all debtors."""
        ...
