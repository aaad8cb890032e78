"""What a command would do: computed once, shown by a preview or written by applying it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pipelines.chart import Chart
from pipelines.debtors.blocking import blocks_of
from pipelines.errors import DecisionRefused
from pipelines.model.finding import Finding
from pipelines.model.ledger import JournalEntry
from pipelines.model.payment_order import PaymentOrder
from pipelines.model.receivable import Receivable
from pipelines.ports.journal import CashPosition, OpenItem
from pipelines.ports.operations import PaymentFile, Refund
from pipelines.ports.work import Work
from pipelines.schemes import Scene
from pipelines.small_differences import Limits


class StaleDecision(DecisionRefused):
    """The books have moved on since the user looked; nothing was written. Look again and decide anew."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a command is planned: the books as they are, and what was configured.

    decision_id: of the decision to be. payment_file: makes the pain.001 of an order; None where nothing can be sent.
    """

    work: Work
    chart: Chart
    as_of: date
    decision_id: str
    limits: Limits = field(default_factory=Limits)
    payment_file: Callable[[PaymentOrder], str] | None = None

    def scene(self, currency: str) -> Scene:
        """Where the entries of this decision are posted."""
        return Scene(self.chart, self.work.context.mode, self.decision_id, self.as_of, currency)

    def is_blocked(self, iban: str, debtor_number: str) -> bool:
        """Whether nothing may be sent to this account."""
        return bool(blocks_of(self.work, "iban", iban, debtor_number, self.as_of))

    def cash(self, transaction_id: str) -> CashPosition:
        """A transaction's money; refused when it is unknown."""
        found: CashPosition | None = self.work.journal.cash([transaction_id]).get(transaction_id)
        if found is None:
            raise DecisionRefused(f"Transaction {transaction_id} is unknown, or its statement is held.")
        return found

    def item(self, invoice_number: str) -> OpenItem:
        """An item's position; refused when it is unknown."""
        found: OpenItem | None = self.work.journal.open_items([invoice_number]).get(invoice_number)
        if found is None:
            raise DecisionRefused(f"Invoice {invoice_number} is unknown; load the receivables first.")
        return found


@dataclass(slots=True)
class Effect:
    """Everything one command writes, in one commit.

    subject: what it is about, as (``transaction`` | ``item`` | ``debtor``, key); the version of that is what a user
    sees. amount_minor: what it moves, for limits. insist: why it needs a second person whatever the limits say.
    rules: allocation id → (rule, law). claim: a new version of a claim of ours, with (kind, invoice it belongs to).
    """

    subject: tuple[str, str]
    currency: str = "EUR"
    amount_minor: int = 0
    transaction_id: str = ""
    invoice_number: str = ""
    debtor_number: str = ""
    payload: Mapping[str, object] = field(default_factory=dict)
    entries: list[JournalEntry] = field(default_factory=list)
    rules: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    insist: str = ""
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refund: Refund | None = None
    sources: Mapping[str, int] = field(default_factory=dict)
    file: PaymentFile | None = None
    claim: Receivable | None = None
    claim_kind: tuple[str, str] = ("", "")
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision did. entries: journal entries posted for it; rest_minor: the transaction's unallocated rest.

    request_id: "" unless it waits for a second person; then nothing was posted and decision_id is "". again: the very
    same command had been applied before, and nothing was written now.
    """

    decision_id: str
    command: str
    transaction_id: str
    entries: int
    rest_minor: int
    currency: str
    request_id: str = ""
    amount_minor: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """One line of a preview: what is owed on an item, stands to a debtor's credit, or is free of a payment.

    what: ``item``, ``account`` or ``payment``. dunning: what the change means for dunning, "" for nothing.
    """

    what: str
    key: str
    debtor_number: str
    currency: str
    old_minor: int
    change_minor: int
    new_minor: int
    dunning: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What applying a command would do now. seen: give it with the command, and it is refused if the books move on.

    needs_approval: why a second person has to release it, "" if nobody has to. entries: as they would be posted.
    """

    command: str
    seen: str
    amount_minor: int
    currency: str
    balances: tuple[Balance, ...]
    entries: tuple[JournalEntry, ...]
    needs_approval: str = ""
    notes: tuple[str, ...] = ()
