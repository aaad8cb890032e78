"""Refunds meet the bank: the outgoing booking carries one out, a returned transfer brings its money back.

Recognised by the end-to-end id we gave it, or, where the bank leaves that out, by being the only open refund to that
account with that amount. What is recognised in doubt is left to a person.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from pipelines.chart import Chart
from pipelines.entries import mirror
from pipelines.model.finding import Finding, Severity
from pipelines.model.ids import derive
from pipelines.model.ledger import Cause, JournalEntry
from pipelines.model.transaction import Transaction, TransactionKind
from pipelines.ports.audit import AuditEvent
from pipelines.ports.operations import Refund
from pipelines.ports.work import Books, Work
from pipelines.schemes import Scene, refund_entry

_OUT: Final = frozenset({TransactionKind.OUTGOING, TransactionKind.REFUND, TransactionKind.OTHER})


def settle_refunds(books: Books, chart: Chart, as_of: date) -> dict[str, int]:
    """Books out what the bank has carried out, and back what bounced; counts ``refunds`` and ``refunds_bounced``."""
    with books.read() as work:
        waiting = work.operations.refunds(open_only=True)
    if not waiting:
        return {}
    with books.lease("post", as_of):
        return books.commit(lambda work: _settle(work, chart))


def _settle(work: Work, chart: Chart) -> dict[str, int]:
    refunds: list[Refund] = work.operations.refunds(open_only=True)
    free = [
        one.transaction
        for one in work.statements.unallocated()
        if one.rest_minor == one.transaction.amount_minor
    ]  # fmt: skip
    counts = {"refunds": 0, "refunds_bounced": 0}
    entries: list[JournalEntry] = []
    events: list[AuditEvent] = []
    findings: list[Finding] = []
    ordered = [one for one in refunds if one.state == "ordered"]
    for transaction in (t for t in free if t.amount_minor < 0 and t.kind in _OUT):
        found = _carried_out(transaction, ordered)
        if found is None:
            findings += _other_amount(transaction, ordered)
            continue
        ordered.remove(found)
        entries.append(_paid(work, chart, transaction, found))
        events.append(_event("refund-paid", transaction, found))
        counts["refunds"] += 1
    work.journal.append(entries)
    paid = [one for one in refunds if one.state == "paid"]
    bounced = [
        (transaction, found)
        for transaction in free
        if transaction.amount_minor > 0 and transaction.kind is TransactionKind.RETURN_TRANSFER
        for found in [_bounced(transaction, paid)]
        if found is not None
    ]
    originals = work.journal.entries([found.entry_id for _, found in bounced])
    for transaction, found in bounced:
        work.journal.append([_back(work, transaction, originals[found.entry_id])])
        events.append(_event("refund-bounced", transaction, found))
        findings.append(_came_back(found))
        counts["refunds_bounced"] += 1
        told = work.findings.open(codes=["return-waiting", "return-unclear"], subjects=[transaction.transaction_id])
        work.findings.resolve([one.finding_id for one in told], "a refund of ours came back")
    if events:
        work.audit.append(events)
    work.findings.add(findings)
    return {name: count for name, count in counts.items() if count}


def _carried_out(transaction: Transaction, ordered: Sequence[Refund]) -> Refund | None:
    same = [r for r in ordered if r.amount_minor == -transaction.amount_minor and r.currency == transaction.currency]
    named = [r for r in same if transaction.end_to_end_id == r.end_to_end_id]
    if named or transaction.end_to_end_id:
        return named[0] if named else None
    by_account = [
        r
        for r in same
        if r.iban and r.iban == transaction.counterparty_iban and r.account == transaction.account
        and transaction.booking_date >= r.execution_day
    ]  # fmt: skip
    return by_account[0] if len(by_account) == 1 else None


def _bounced(transaction: Transaction, paid: Iterable[Refund]) -> Refund | None:
    return next(
        (
            r
            for r in paid
            if r.end_to_end_id == transaction.end_to_end_id and r.amount_minor == transaction.amount_minor
            and r.currency == transaction.currency
        ),
        None,
    )  # fmt: skip


def _paid(work: Work, chart: Chart, transaction: Transaction, refund: Refund) -> JournalEntry:
    scene = Scene(chart, work.context.mode, refund.decision_id, transaction.booking_date, refund.currency)
    payment = (transaction.transaction_id, transaction.account)
    entry = refund_entry(scene, payment, refund.debtor_number, refund.amount_minor)
    return replace(
        entry,
        allocations=tuple(
            replace(a, proposal_id=refund.decision_id, disposition="auto") for a in entry.allocations
        ),
    )  # fmt: skip


def _back(work: Work, transaction: Transaction, original: JournalEntry) -> JournalEntry:
    return mirror(
        original,
        entry_id=derive("entry", work.context.mode, "return", transaction.transaction_id, original.entry_id),
        booking_date=transaction.booking_date,
        account=transaction.account,
        transaction_id=transaction.transaction_id,
        cause=Cause.RETURN,
        disposition="auto",
        proposal_id="",
        text="refund came back",
    )


def _event(name: str, transaction: Transaction, refund: Refund) -> AuditEvent:
    details = json.dumps({"decision": refund.decision_id}, sort_keys=True, separators=(",", ":"))
    return AuditEvent(name, transaction.transaction_id, details=details, debtor=refund.debtor_number)


def _other_amount(transaction: Transaction, ordered: Iterable[Refund]) -> list[Finding]:
    named = [r for r in ordered if transaction.end_to_end_id == r.end_to_end_id]
    return [
        Finding(
            "refund-amount-differs",
            Severity.ERROR,
            transaction.transaction_id,
            f"The bank carried out refund {refund.decision_id} with another amount or currency than was ordered. "
            "Nothing was booked out; ask the bank, then assign the booking to the debtor.",
        )
        for refund in named
    ]


def _came_back(refund: Refund) -> Finding:
    return Finding(
        "refund-bounced",
        Severity.WARNING,
        refund.decision_id,
        f"Refund {refund.decision_id} to debtor {refund.debtor_number} came back: the money is on the debtor's account "
        "again. Ask for the right account and order it anew.",
    )
