"""Money for a claim that was written off: income again, with its VAT (UStG §17 (2) no. 1 sentence 2)."""

from __future__ import annotations

from pipelines.model.receivable import ItemStatus
from pipelines.operations.commands import Part
from pipelines.operations.effect import Effect, Ground
from pipelines.ports.journal import CashPosition
from pipelines.schemes import Share, recovery_entry
from pipelines.tax import rate_finding


def recover(ground: Ground, cash: CashPosition, part: Part) -> Effect | None:
    """None when the invoice still owes something in the books, or nothing of it was written off."""
    item = ground.item(part.invoice_number)
    if item.open_minor != 0 or item.status != ItemStatus.OPEN or item.currency != cash.currency:
        return None
    facts = ground.work.operations.facts([part.invoice_number])[part.invoice_number]
    owed = facts.written_off_minor - facts.recovered_minor
    amount = min(owed, cash.rest_minor) if part.amount_minor is None else part.amount_minor
    if owed <= 0 or not 0 < amount <= min(owed, cash.rest_minor):
        return None
    share = Share(amount, item.tax_rate_basis_points)
    payment = (cash.transaction_id, cash.account)
    entry = recovery_entry(ground.scene(cash.currency), payment, share, item.debtor_number, part.invoice_number)
    found = rate_finding(ground.chart, part.invoice_number, item.tax_rate_basis_points)
    return Effect(
        ("transaction", cash.transaction_id),
        cash.currency,
        amount,
        cash.transaction_id,
        part.invoice_number,
        item.debtor_number,
        entries=[entry],
        findings=[found] if found else [],
        notes=["the invoice was written off; the money is income again"],
    )
