"""Reject, confirm, hold and release: decisions that move no money."""

from __future__ import annotations

from pipelines.errors import DecisionRefused
from pipelines.operations.allocate import invoices_of
from pipelines.operations.commands import Confirm, Hold, Reject, Release
from pipelines.operations.effect import Effect, Ground
from pipelines.snapshots import POSSIBLE_DUPLICATE


def reject(ground: Ground, command: Reject) -> Effect:
    """This allocation is never posted automatically for this transaction; or: this booking is a repetition."""
    if _is_doubtful(ground, command.transaction_id):
        return _judged(command.transaction_id, real=False)
    cash = ground.cash(command.transaction_id)
    stored = ground.work.proposals.latest([command.transaction_id]).get(command.transaction_id, [])
    chosen = next((one for one in stored if one.proposal.rank == command.rank), None)
    if chosen is None:
        raise DecisionRefused(f"Transaction {command.transaction_id} has no proposal of rank {command.rank}.")
    return Effect(
        ("transaction", command.transaction_id),
        cash.currency,
        transaction_id=command.transaction_id,
        payload={"rank": command.rank, "invoices": invoices_of(chosen.proposal.lines)},
    )


def confirm(ground: Ground, command: Confirm) -> Effect:
    """What was posted is right."""
    cash = ground.cash(command.transaction_id)
    work, id_ = ground.work, command.transaction_id
    settled = work.journal.settlements(transaction_ids=[id_])
    if not settled:
        raise DecisionRefused(f"Transaction {id_} has no allocation to confirm; accept or assign it.")
    last = next((one for one in reversed(work.decisions.of(id_)) if one.command in ("confirm", "undo")), None)
    if last is not None and last.command == "confirm":
        raise DecisionRefused(f"Transaction {id_} is confirmed already.")
    invoices = sorted({one.invoice_number for one in settled} - {""})
    return Effect(("transaction", id_), cash.currency, transaction_id=id_, payload={"invoices": invoices})


def hold(ground: Ground, command: Hold | Release) -> Effect:
    """Keeps a transaction out of matching, or lets it in again; or: this possible repetition is a real booking."""
    if isinstance(command, Release) and _is_doubtful(ground, command.transaction_id):
        return _judged(command.transaction_id, real=True)
    cash = ground.cash(command.transaction_id)
    if _is_held(ground, command.transaction_id) is isinstance(command, Hold):
        state = "held already" if isinstance(command, Hold) else "not held"
        raise DecisionRefused(f"Transaction {command.transaction_id} is {state}; nothing changes.")
    return Effect(("transaction", command.transaction_id), cash.currency, transaction_id=command.transaction_id)


def _is_held(ground: Ground, transaction_id: str) -> bool:
    """Whether the last word of a person keeps a transaction out of matching."""
    said = [one.command for one in ground.work.decisions.of(transaction_id) if one.command in ("hold", "release")]
    return said[-1:] == ["hold"]


def _is_doubtful(ground: Ground, transaction_id: str) -> bool:
    """Whether this is a booking its source takes for a possible repetition, which waits for a person."""
    return bool(ground.work.findings.open(codes=[POSSIBLE_DUPLICATE], subjects=[transaction_id]))


def _judged(transaction_id: str, *, real: bool) -> Effect:
    """What a person says of a doubtful booking; the next pull follows it."""
    return Effect(("transaction", transaction_id), "EUR", transaction_id=transaction_id, payload={"real": real})
