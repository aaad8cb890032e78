"""What an analyst may decide about a transaction that waits, and how a decision is taken back.

Each decision is one commit: the decision, its journal entries and its audit row together. The same checks hold as for
automatic posts: never more than the money there is, never more than an item owes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipelines import book
from pipelines.chart import Chart
from pipelines.errors import KontoklarError
from pipelines.model.ledger import Cause, JournalEntry
from pipelines.model.proposal import AllocationKind, Disposition, Proposal, ProposedLine
from pipelines.model.receivable import ItemStatus
from pipelines.model.return_debit import ReturnLink, ReturnState
from pipelines.ports.audit import AuditEvent
from pipelines.ports.journal import CashPosition, OpenItem, Settlement
from pipelines.ports.work import Books, Work
from pipelines.usecases import doubts


class DecisionRefused(KontoklarError):
    """A decision does not fit the books as they are now. Nothing was written; the message says what to look at."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision did. entries: journal entries posted for it; rest_minor: the transaction's unallocated rest."""

    decision_id: str
    command: str
    transaction_id: str
    entries: int
    rest_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a split. invoice_number "" puts it on the account of debtor_number. amount_minor: money, unsigned;
    None takes what the item owes, as far as the money goes."""

    invoice_number: str = ""
    debtor_number: str = ""
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """The operations; each is atomic and attributed. as_of: the day corrections are booked on."""

    books: Books
    chart: Chart
    as_of: date

    def accept(self, transaction_id: str, *, user: str, reason: str, rank: int = 1) -> Decided:
        """Posts one of the stored proposals as it stands."""

        def decide(work: Work, cash: CashPosition) -> tuple[Mapping[str, object], list[JournalEntry]]:
            stored = work.proposals.latest([transaction_id]).get(transaction_id, [])
            chosen = next((s for s in stored if s.proposal.rank == rank), None)
            if chosen is None:
                raise DecisionRefused(f"Transaction {transaction_id} has no proposal of rank {rank}.")
            if cash.rest_minor != cash.amount_minor:
                raise DecisionRefused(f"Transaction {transaction_id} is allocated already; undo that first.")
            payload = {"rank": rank, "invoices": _invoices(chosen.proposal.lines), "proposal": chosen.proposal_id}
            return payload, self._allocate(work, cash, chosen.proposal.lines)

        return self._commit("accept", transaction_id, user, reason, decide)

    def assign(self, transaction_id: str, part: Part, *, user: str, reason: str) -> Decided:
        """Puts (part of) a receipt on an invoice or an account; a return takes back that invoice's payment."""

        def decide(work: Work, cash: CashPosition) -> tuple[Mapping[str, object], list[JournalEntry]]:
            payload = {"invoices": [part.invoice_number], "debtor": part.debtor_number, "amount": part.amount_minor}
            if cash.amount_minor < 0:
                return payload, self._take_back(work, cash, part.invoice_number)
            return payload, self._allocate(work, cash, self._lines(work, cash, [part]))

        return self._commit("assign", transaction_id, user, reason, decide)

    def split(self, transaction_id: str, parts: Sequence[Part], *, user: str, reason: str) -> Decided:
        """Divides a receipt over several invoices or accounts; what is left stays unallocated."""

        def decide(work: Work, cash: CashPosition) -> tuple[Mapping[str, object], list[JournalEntry]]:
            lines = self._lines(work, cash, parts)
            amounts = [line.cash_minor for line in lines]
            return {"invoices": _invoices(lines), "amounts": amounts}, self._allocate(work, cash, lines)

        return self._commit("split", transaction_id, user, reason, decide)

    def reject(self, transaction_id: str, *, user: str, reason: str, rank: int = 1) -> Decided:
        """Refuses a proposal: this allocation is never posted automatically for this transaction."""

        def decide(work: Work, cash: CashPosition) -> tuple[Mapping[str, object], list[JournalEntry]]:
            stored = work.proposals.latest([transaction_id]).get(transaction_id, [])
            chosen = next((s for s in stored if s.proposal.rank == rank), None)
            if chosen is None:
                raise DecisionRefused(f"Transaction {transaction_id} has no proposal of rank {rank}.")
            return {"rank": rank, "invoices": _invoices(chosen.proposal.lines)}, []

        return self._commit("reject", transaction_id, user, reason, decide)

    def hold(self, transaction_id: str, *, user: str, reason: str) -> Decided:
        """Keeps a transaction out of matching until it is released."""
        return self._commit("hold", transaction_id, user, reason, lambda work, cash: ({}, []))

    def release(self, transaction_id: str, *, user: str, reason: str) -> Decided:
        """Lets a held transaction be matched again."""
        return self._commit("release", transaction_id, user, reason, lambda work, cash: ({}, []))

    def undo(self, transaction_id: str, *, user: str, reason: str) -> Decided:
        """Takes every allocation of a receipt back by reversal; the money is in clearing again, the items are open."""

        def decide(work: Work, cash: CashPosition) -> tuple[Mapping[str, object], list[JournalEntry]]:
            if cash.amount_minor < 0:
                raise DecisionRefused("A posted return is a fact of the bank; allocate what follows from it instead.")
            settled: list[Settlement] = work.journal.settlements(transaction_ids=[transaction_id])
            if not settled:
                raise DecisionRefused(f"Transaction {transaction_id} has no allocation to undo.")
            originals = work.journal.entries([s.entry_id for s in settled])
            entries = [
                book.reversal_entry(originals[s.entry_id], work.context.mode, self.as_of, cause=Cause.CORRECTION)
                for s in settled
            ]
            return {"invoices": sorted(s.invoice_number for s in settled)}, entries

        return self._commit("undo", transaction_id, user, reason, decide)

    # --- the common part ---------------------------------------------------------------------------------------

    def _commit(
        self,
        command: str,
        transaction_id: str,
        user: str,
        reason: str,
        decide: Callable[[Work, CashPosition], tuple[Mapping[str, object], list[JournalEntry]]],
    ) -> Decided:
        if not user.strip() or not reason.strip():
            raise DecisionRefused("A decision names who decides (--user) and why (--reason).")
        with self.books.lease(command, self.as_of), self.books.write() as work:
            cash: CashPosition | None = work.journal.cash([transaction_id]).get(transaction_id)
            if cash is None:
                doubt = doubts.decide(work, command, transaction_id, user, reason)
                if doubt:
                    return Decided(doubt, command, transaction_id, 0, 0, "EUR")
                raise DecisionRefused(f"Transaction {transaction_id} is unknown, or its statement is held.")
            payload, entries = decide(work, cash)
            decision = work.decisions.add(command, transaction_id, payload, user, reason)
            marked = [_named(entry, decision.decision_id) for entry in entries]
            work.journal.append(marked)
            if marked:
                told = work.findings.open(codes=["return-waiting", "return-unclear"], subjects=[transaction_id])
                work.findings.resolve([finding.finding_id for finding in told], "decided by a person")
            details = json.dumps(
                {"decision": decision.decision_id, "entries": [entry.entry_id for entry in marked], **payload},
                sort_keys=True,
                separators=(",", ":"),
            )
            work.audit.append([AuditEvent(f"review-{command}", transaction_id, user, reason, details)])
            moved = sum(a.cash_minor for entry in marked for a in entry.allocations)
        return Decided(
            decision.decision_id, command, transaction_id, len(marked), cash.rest_minor - moved, cash.currency
        )

    def _lines(self, work: Work, cash: CashPosition, parts: Sequence[Part]) -> list[ProposedLine]:
        items: dict[str, OpenItem] = work.journal.open_items({p.invoice_number for p in parts} - {""})
        rest = cash.rest_minor
        lines = []
        for part in parts:
            if not part.invoice_number:
                amount = rest if part.amount_minor is None else part.amount_minor
                if not part.debtor_number:
                    raise DecisionRefused("Name an invoice, or a debtor for money on account.")
                kind = AllocationKind.ON_ACCOUNT
                lines.append(ProposedLine("", part.debtor_number, amount, amount, kind))
            else:
                item = items.get(part.invoice_number)
                if item is None:
                    raise DecisionRefused(f"Invoice {part.invoice_number} is unknown; load the receivables first.")
                amount = min(rest, item.open_minor) if part.amount_minor is None else part.amount_minor
                if item.open_minor < 0:  # a credit note is set off: it adds to the money there is
                    amount = item.open_minor if part.amount_minor is None else -abs(part.amount_minor)
                kind = AllocationKind.SETTLEMENT if amount == item.open_minor else AllocationKind.PARTIAL
                lines.append(ProposedLine(part.invoice_number, item.debtor_number, amount, amount, kind))
            rest -= amount
        return lines

    def _allocate(self, work: Work, cash: CashPosition, lines: Sequence[ProposedLine]) -> list[JournalEntry]:
        items: dict[str, OpenItem] = work.journal.open_items(set(_invoices(lines)))
        effects: Counter[str] = Counter()
        for line in lines:
            effects[line.invoice_number] += line.amount_minor
        for invoice, effect in effects.items():
            if not invoice:
                continue
            item = items.get(invoice)
            if item is None or item.status != ItemStatus.OPEN or item.currency != cash.currency:
                raise DecisionRefused(f"Invoice {invoice} is unknown, cancelled or in another currency.")
            if effect == 0 or not book.within(effect, item.open_minor):
                raise DecisionRefused(f"Invoice {invoice} does not owe that much any more.")
        if not lines:
            raise DecisionRefused("This proposal allocates nothing; assign the payment to an invoice or an account.")
        money = sum(line.cash_minor for line in lines)
        if not book.within(money, cash.rest_minor):
            raise DecisionRefused(f"Transaction {cash.transaction_id} does not have that much unallocated money.")
        proposal = Proposal(
            cash.transaction_id, 1, tuple(lines), 1.0, Disposition.REVIEW, "decided", "", "decided", (),
            remainder_minor=cash.amount_minor - money,
        )  # fmt: skip
        entries = book.allocation_entries(
            cash,
            proposal,
            items,
            self.chart,
            work.context.mode,
            disposition="decided",
            generations=work.journal.generations([cash.transaction_id]),
            cause=Cause.DECISION,
        )
        there = work.journal.entries([entry.entry_id for entry in entries])
        if there:
            raise DecisionRefused("This transaction already pays one of these invoices; undo that allocation first.")
        return entries

    def _take_back(self, work: Work, cash: CashPosition, invoice_number: str) -> list[JournalEntry]:
        """A person names the invoice whose payment a return takes back; the rest is charges."""
        booked = -cash.rest_minor
        settled: list[Settlement] = [
            s for s in work.journal.settlements(invoice_numbers=[invoice_number]) if 0 < s.cash_minor <= booked
        ]
        if len(settled) != 1:
            raise DecisionRefused(
                f"Invoice {invoice_number or '(none named)'} has {len(settled)} payments this return could take back."
            )
        original = settled[0]
        link = ReturnLink(
            transaction_id=cash.transaction_id,
            state=ReturnState.LINKED,
            reason_code="",
            invoice_number=invoice_number,
            debtor_number=original.debtor_number,
            original_transaction_id=original.transaction_id,
            original_entry_id=original.entry_id,
            returned_minor=original.cash_minor,
            charges_minor=booked - original.cash_minor,
        )
        originals = work.journal.entries([original.entry_id])
        return book.return_entries(cash, [link], originals, self.chart, work.context.mode)


def _invoices(lines: Sequence[ProposedLine]) -> list[str]:
    return sorted({line.invoice_number for line in lines} - {""})


def _named(entry: JournalEntry, decision_id: str) -> JournalEntry:
    """The entry with its allocations attributed to the decision."""
    allocations = tuple(
        replace(a, proposal_id=decision_id, disposition="decided", probability=None) for a in entry.allocations
    )
    return replace(entry, allocations=allocations)
