"""What the books remember for learning: confirmed cases, payers, refusals, audit samples, backtests, activations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple, Protocol


class Outcome(NamedTuple):
    """What became of a transaction, as far as a person said so or time has shown.

    settled: invoice number → effect on what is owed, "" for money on account; None when nothing stands (only a
    refusal is known). by: ``person``, or ``survived`` for an automatic post nobody took back. refused: sets of
    invoices a person rejected or took back. pattern: of the proposal that was best (or posted); proposed: what that
    proposal would settle. wrong: whether that proposal turned out wrong.
    """

    transaction_id: str
    booking_date: str
    settled: Mapping[str, int] | None
    by: str
    refused: tuple[frozenset[str], ...]
    pattern: str
    proposed: Mapping[str, int]
    wrong: bool


class Paid(NamedTuple):
    """Who paid for whom, from allocations that stand. key: the payer's IBAN, or the name on the payment."""

    key: str
    debtor_number: str
    payments: int
    first_seen: date
    last_seen: date


class Manner(NamedTuple):
    """How a payer's confirmed payments referred to what they paid. pattern: of the proposal that was posted."""

    iban: str
    pattern: str
    items: int
    payments: int


class Refusal(NamedTuple):
    """A payer and an item, or a debtor, that a person said do not belong together; the other one is ""."""

    iban: str
    invoice_number: str
    debtor_number: str


class AuditCase(NamedTuple):
    """An automatic post drawn for checking, not yet checked. Dates ISO, amounts decimal strings."""

    transaction_id: str
    booking_date: str
    amount: str
    currency: str
    kind: str
    counterparty: str
    remittance: str
    invoices: tuple[str, ...]
    probability: float | None


class StoredBacktest(NamedTuple):
    """A backtest as stored."""

    backtest_id: str
    policy_hash: str
    policy_name: str
    from_day: date
    to_day: date
    figures: Mapping[str, Any]
    at: str


class Activation(NamedTuple):
    """A policy in force. policy: all its values; from_day/to_day: of the backtest it was activated on."""

    sequence: int
    policy_hash: str
    backtest_id: str
    policy: Mapping[str, Any]
    user: str
    reason: str
    at: str


class Learning(Protocol):
    """Facts and views for learning; nothing here is ever changed."""

    def outcomes(self, since: date, until: date) -> list[Outcome]:
        """Transactions booked in the period whose truth a person decided (accept, assign, split, reject, undo,
        confirm), oldest first."""

    def survived(self, since: date, until: date) -> list[Outcome]:
        """Automatic posts booked in the period that nobody decided about or took back, oldest first."""

    def survived_counts(self, since: date, until: date) -> dict[str, int]:
        """Pattern → how many such posts."""

    def payers(self) -> list[Paid]:
        """By IBAN."""

    def names(self) -> list[Paid]:
        """By name, as written on the payments."""

    def manners(self) -> list[Manner]:
        """Per payer's IBAN how the payments referred to what they paid."""

    def refusals(self) -> list[Refusal]:
        """What people refused and nobody confirmed since."""

    def draw(self, transaction_ids: Collection[str], match_no: int) -> None:
        """Queues the automatic proposals of these transactions for checking."""

    def audits(self) -> list[AuditCase]:
        """Drawn, posted, still standing and not checked, oldest first."""

    def is_audit(self, transaction_id: str) -> bool:
        """Whether a transaction is among them."""

    def add_backtest(
        self, policy_hash: str, policy_name: str, period: tuple[date, date], figures: Mapping[str, Any]
    ) -> StoredBacktest:
        """Stores the figures of a backtest."""

    def backtests(self, policy_hash: str | None = None) -> list[StoredBacktest]:
        """Stored backtests, oldest first; of one policy or of all."""

    def activate(
        self, policy_hash: str, backtest_id: str, policy: Mapping[str, Any], user: str, reason: str
    ) -> Activation:
        """Puts a policy in force."""

    def activations(self) -> list[Activation]:
        """Every activation, oldest first."""

    def add_calibration(
        self, policy_hash: str, base_hash: str, period: tuple[date, date], figures: Mapping[str, Any]
    ) -> str:
        """Stores what a calibration found; gives its id."""


__all__ = ["Activation", "AuditCase", "Learning", "Manner", "Outcome", "Paid", "Refusal", "StoredBacktest"]
