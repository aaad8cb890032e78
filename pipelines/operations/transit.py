"""A payout of a payment service, or money between our own accounts: against money in transit, charges apart."""

from __future__ import annotations

from pipelines.errors import DecisionRefused
from pipelines.model.money import Money
from pipelines.operations.commands import Transit
from pipelines.operations.effect import Effect, Ground
from pipelines.schemes import transit_entry


def transit(ground: Ground, command: Transit) -> Effect:
    """All that is free of a payment goes to money in transit at its gross amount."""
    cash = ground.cash(command.transaction_id)
    gross = cash.rest_minor if command.gross_minor is None else command.gross_minor
    if not cash.rest_minor:
        raise DecisionRefused(f"Transaction {command.transaction_id} is allocated already; undo that first.")
    if gross != cash.rest_minor and (cash.rest_minor < 0 or gross < cash.rest_minor):
        raise DecisionRefused(f"The gross amount cannot be less than {Money(cash.rest_minor, cash.currency)}.")
    payment = (cash.transaction_id, cash.account)
    return Effect(
        ("transaction", cash.transaction_id),
        cash.currency,
        abs(gross),
        cash.transaction_id,
        payload={"invoices": [], "gross": gross},
        entries=[transit_entry(ground.scene(cash.currency), payment, cash.rest_minor, gross)],
    )
