"""What an analyst's operations read and leave behind: credit, claims, refunds, and which decision did what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from pipelines.model.receivable import Receivable


class Operation(NamedTuple):
    """A decision that was applied. rest_minor: what was left of its payment afterwards.

    command_hash: over everything that was decided; the same id with another hash is refused. entries: ids of the
    entries posted for it.
    """

    decision_id: str
    command: str
    invoice_number: str
    debtor_number: str
    transaction_id: str
    amount_minor: int
    currency: str
    rest_minor: int
    command_hash: str
    entries: tuple[str, ...]


class Pool(NamedTuple):
    """Money of one payment that settles nothing: on a debtor's account, or on an item that is cancelled or overpaid.

    transaction_id: "" for credit that never was a payment (a credit note on a paid invoice). booking_date: None then.
    minor: what is free, refunds on their way taken off; negative when a refunded payment was returned by its bank.
    """

    transaction_id: str
    currency: str
    minor: int
    booking_date: date | None
    account: str
    kind: str
    gvc: str
    mandate_id: str
    counterparty_iban: str
    counterparty_name: str


class ClaimRow(NamedTuple):
    """An open claim as the law looks at it. kind: ``principal``, ``costs`` or ``interest``; of_invoice: the claim these
    belong to, "" when unknown. is_secured: a mandate stands behind it."""

    invoice_number: str
    debtor_number: str
    open_minor: int
    currency: str
    due_date: date
    issue_date: date
    kind: str
    of_invoice: str
    is_secured: bool
    dunning_level: int


class ItemFacts(NamedTuple):
    """What the open position of an item does not say. written_off_minor: written off and not undone; recovered_minor:
    paid nevertheless; credited_minor: by credit notes, undone ones left out."""

    document_type: str
    payment_method: str
    due_date: date
    written_off_minor: int
    recovered_minor: int
    credited_minor: int


class Refund(NamedTuple):
    """Money we send back. state: ordered, paid, bounced or undone. paid_by: the bank transaction, "" while ordered.
    entry_id: of the entry that booked it out."""

    decision_id: str
    end_to_end_id: str
    debtor_number: str
    invoice_number: str
    amount_minor: int
    currency: str
    iban: str
    account: str
    execution_day: date
    message_id: str
    state: str = "ordered"
    paid_by: str = ""
    entry_id: str = ""


class PaymentFile(NamedTuple):
    """A pain.001 message. content: the whole XML."""

    message_id: str
    decision_id: str
    content: str


class Moved(NamedTuple):
    """An entry that moved money of a payment on from where it was, and is not reversed.

    from_invoice "" is the debtor's account. to_invoice / to_debtor: "" when it went nowhere (a small credit cleared).
    """

    entry_id: str
    transaction_id: str
    from_invoice: str
    from_debtor: str
    to_invoice: str
    to_debtor: str
    amount_minor: int


class Operations(Protocol):
    """Facts of operations; only ever added to (D7)."""

    def find(self, decision_id: str) -> Operation | None:
        """An applied decision; None when there is none of that id."""
        ...

    def begins(self, key: str) -> list[str]:
        """The ids of applied decisions that begin like this."""
        ...

    def applied(self, decision_ids: Collection[str]) -> frozenset[str]:
        """Those of these decisions that were applied."""
        ...

    def add(self, operation: Operation) -> None:
        """Records an applied decision."""
        ...

    def undone_by(self, decision_id: str) -> str:
        """The decision that undid this one, "" if none did."""
        ...

    def undo(self, original_decision_id: str, decision_id: str) -> None:
        """Records that a decision undid another; a second time is refused."""
        ...

    def version(self, kind: str, key: str) -> str:
        """A short hash over the state of a ``transaction``, ``item`` or ``debtor``: it changes when a decision would
        meet other facts."""
        ...

    def pools(self, debtor_number: str) -> list[Pool]:
        """Credit on a debtor's account by payment, oldest first; what comes to zero is left out."""
        ...

    def item_money(self, invoice_number: str) -> list[Pool]:
        """Money on an item by payment, oldest first."""
        ...

    def facts(self, invoice_numbers: Collection[str]) -> Mapping[str, ItemFacts]:
        """More about items, by invoice number."""
        ...

    def claims(self, debtor_number: str) -> list[ClaimRow]:
        """A debtor's open claims, by invoice number."""
        ...

    def moved(self, transaction_ids: Collection[str]) -> list[Moved]:
        """Where money of payments was moved on to, in posting order."""
        ...

    def debit_behind(self, transaction_id: str, debtor_number: str) -> date | None:
        """For a payment that was found to pay something twice: the day of the debtor's newest direct debit that stands.

        If that comes back, the payment was no second one. None when there is no such debit.
        """
        ...

    def paid_from(self, debtor_number: str) -> set[str]:
        """Bank accounts (IBAN) this debtor is known by: from the master data, or money came from there."""
        ...

    def small_differences(
        self, debtor_numbers: Collection[str], year: int
    ) -> Mapping[tuple[str, str], tuple[int, int]]:
        """(debtor, currency) → what small differences cost and brought in a year, undone ones left out; unsigned."""
        ...

    def refunds(self, *, open_only: bool = False, debtor_number: str = "") -> list[Refund]:
        """Refunds with their state, oldest first. open_only: ordered or paid."""
        ...

    def add_refund(self, refund: Refund, sources: Mapping[str, int], file: PaymentFile | None) -> None:
        """Orders a refund. sources: transaction id → its share."""
        ...

    def refund_sources(self, decision_id: str) -> Mapping[str, int]:
        """transaction id → its share of a refund."""
        ...

    def unwritten_files(self) -> list[PaymentFile]:
        """Payment files that nobody has been given yet; those of undone refunds are left out."""
        ...

    def file_written(self, message_id: str, name: str) -> None:
        """Notes that a payment file was given out."""
        ...

    def claim(self, invoice_number: str) -> Receivable:
        """The newest version of a claim of ours (``add_claim``); KeyError when there is none."""
        ...

    def add_claim(self, claim: Receivable, kind: str, of_invoice: str) -> None:
        """Stores a new version of a claim of ours; its kind and the invoice it belongs to with the first."""
        ...

    def account_balance(self, transaction_id: str, account: str) -> int:
        """Debit less credit of a ledger account over the entries of one payment."""
        ...

    def triggers_of(self, invoice_numbers: Collection[str]) -> Mapping[str, int]:
        """invoice number → highest dunning level that is held, ready or delivered; items without any are left out."""
        ...

    def add_rules(self, rules: Mapping[str, tuple[str, str]]) -> None:
        """allocation id → (rule, law)."""
        ...

    def twice_paid(self) -> list[tuple[str, str, str]]:
        """(transaction, invoice, debtor) of waiting receipts for an item that was returned, collected or paid again."""
        ...


Sources = Sequence[Pool]
