"""Taking decisions back by reversal: one decision alone, or all that was done with a payment."""

from __future__ import annotations

from dataclasses import replace

from pipelines import book
from pipelines.errors import DecisionRefused
from pipelines.model.ledger import Cause, JournalEntry
from pipelines.model.receivable import ItemStatus, Receivable
from pipelines.operations.commands import Undo
from pipelines.operations.effect import Effect, Ground
from pipelines.ports.journal import Settlement
from pipelines.ports.operations import Operation


def undo(ground: Ground, command: Undo) -> Effect:
    """What was closed is open again: items, accounts, payments. What other decisions used meanwhile is refused."""
    if bool(command.transaction_id) == bool(command.decision_id):
        raise DecisionRefused("Name either a transaction or a decision to take back.")
    return _payment(ground, command.transaction_id) if command.transaction_id else _one(ground, command.decision_id)


def _payment(ground: Ground, transaction_id: str) -> Effect:
    cash, journal = ground.cash(transaction_id), ground.work.journal
    if cash.amount_minor < 0:
        raise DecisionRefused("A posted return is a fact of the bank; allocate what follows from it instead.")
    settled: list[Settlement] = journal.settlements(transaction_ids=[transaction_id])
    if not settled:
        raise DecisionRefused(f"Transaction {transaction_id} has no allocation to undo.")
    moved = [one.entry_id for one in ground.work.operations.moved([transaction_id])]
    entry_ids = list(dict.fromkeys([*reversed(moved), *(one.entry_id for one in settled)]))
    invoices = sorted({one.invoice_number for one in settled})
    return Effect(
        ("transaction", transaction_id),
        cash.currency,
        sum(one.cash_minor for one in settled),
        transaction_id,
        payload={"invoices": invoices},
        entries=_reversed(ground, entry_ids),
    )


def _one(ground: Ground, decision_id: str) -> Effect:
    operations = ground.work.operations
    done: Operation | None = operations.find(decision_id)
    if done is None:
        raise DecisionRefused(
            f"There is no decision {decision_id}; see: kontoklar export operations --out operations.csv"
        )
    if operations.undone_by(decision_id):
        raise DecisionRefused(f"Decision {decision_id} was taken back already.")
    if done.command == "undo":
        raise DecisionRefused("Taking back is not taken back; decide anew.")
    effect = Effect(
        ("transaction", done.transaction_id) if done.transaction_id
        else ("item", done.invoice_number) if done.invoice_number
        else ("debtor", done.debtor_number),
        done.currency,
        done.amount_minor,
        done.transaction_id,
        done.invoice_number,
        done.debtor_number,
        undoes=decision_id,
    )  # fmt: skip
    if done.command == "refund":
        _refuse_sent(ground, effect, decision_id)
    elif not done.entries:
        raise DecisionRefused(f"Decision {decision_id} moved nothing; decide anew instead.")
    effect.entries = _reversed(ground, list(reversed(done.entries)))
    if done.command == "charge":
        _cancel_claim(ground, effect)
    if done.command == "writeoff":
        _refuse_recovered(ground, done)
    invoices = sorted({a.invoice_number for entry in effect.entries for a in entry.allocations} - {""})
    effect.payload = {"invoices": invoices or [""], "undoes": decision_id, "command": done.command}
    return effect


def _reversed(ground: Ground, entry_ids: list[str]) -> list[JournalEntry]:
    journal = ground.work.journal
    if journal.reversals(entry_ids):
        raise DecisionRefused("Part of this was taken back already, by the bank or by another decision.")
    originals = journal.entries(entry_ids)
    mode = ground.work.context.mode
    return [
        book.reversal_entry(originals[key], mode, ground.as_of, cause=Cause.CORRECTION)
        for key in entry_ids
        if key in originals
    ]


def _refuse_sent(ground: Ground, effect: Effect, decision_id: str) -> None:
    state = next((one for one in ground.work.operations.refunds() if one.decision_id == decision_id), None)
    if state is not None and state.state != "ordered":
        raise DecisionRefused(f"This refund is {state.state}: what the bank has booked is not taken back here.")
    sources = ground.work.operations.refund_sources(decision_id)
    effect.sources = {payment: -minor for payment, minor in sources.items()}  # no longer reserved
    effect.notes.append("make sure that its payment file is not sent, or is recalled")


def _refuse_recovered(ground: Ground, done: Operation) -> None:
    """A claim that would owe again although its money came after the write-off: the payer would be dunned for it."""
    facts = ground.work.operations.facts([done.invoice_number])[done.invoice_number]
    if facts.written_off_minor - done.amount_minor < facts.recovered_minor:
        raise DecisionRefused(
            f"Invoice {done.invoice_number} was paid after it was written off; undo that payment first, "
            "then this, then assign the payment anew."
        )


def _cancel_claim(ground: Ground, effect: Effect) -> None:
    """The claim stays known as cancelled; paid ones are refused, because the money would hang in the air."""
    (number,) = {line.invoice_number for entry in effect.entries for line in entry.lines} - {""}
    item = ground.item(number)
    if item.allocated_minor:
        raise DecisionRefused(f"Claim {number} is paid in part or whole; undo that first.")
    claim: Receivable = ground.work.operations.claim(number)
    effect.claim = replace(claim, status=ItemStatus.CANCELLED)
