"""Operations on a claim itself: credit note, write-off, small difference, fee and interest."""

from __future__ import annotations

from collections import defaultdict

from pipelines.errors import DecisionRefused
from pipelines.model.ledger import JournalEntry
from pipelines.model.money import Money
from pipelines.model.receivable import DocumentType, ItemStatus, Receivable
from pipelines.operations.commands import Charge, Credit, SmallDifference, WriteOff
from pipelines.operations.effect import Effect, Ground
from pipelines.ports.journal import OpenItem
from pipelines.schemes import Share, charge_entry, credit_entry, small_difference_entry, write_off_entry
from pipelines.tax import rate_finding

# What a claim of ours is: the letter in its number, and where it is posted (GERMAN_BANKING §5.2).
CHARGES = {
    "return_debit_fee": ("R", "other_income"),
    "dunning_fee": ("M", "other_income"),
    "default_interest": ("Z", "interest_income"),
    "flat_rate": ("P", "other_income"),
    "collection_cost": ("K", "other_income"),
}


def credit(ground: Ground, command: Credit) -> Effect:
    """Lowers the claim and its VAT, rate by rate. What was paid of it already is to the debtor's credit from now on."""
    item = _owing(ground, command.invoice_number)
    facts = ground.work.operations.facts([command.invoice_number])[command.invoice_number]
    left = item.amount_minor - facts.credited_minor - facts.written_off_minor
    shares = _shares(command, item, left)
    total = sum(share.gross_minor for share in shares)
    if not 0 < total <= left:
        raise DecisionRefused(
            f"Invoice {command.invoice_number} can be credited up to {Money(max(left, 0), item.currency)} more."
        )
    to_item = min(total, max(item.open_minor, 0))
    entry = credit_entry(
        ground.scene(item.currency), shares, item.debtor_number, command.invoice_number, to_item, total - to_item
    )
    effect = _effect(ground, item, total, [entry], {share.rate for share in shares})
    if total > to_item:
        paid = Money(total - to_item, item.currency)
        effect.notes.append(f"{paid} of it was paid already and is to the debtor's credit: rebook or refund it")
    effect.payload = {
        "invoices": [command.invoice_number],
        "amount": total,
        "shares": [{"gross": share.gross_minor, "rate": share.rate} for share in shares],
        "positions": [[one.quantity, one.gross_minor, one.tax_rate] for one in command.positions],
    }
    return effect


def write_off(ground: Ground, command: WriteOff) -> Effect:
    """Clears the books of (part of) what an invoice owes. The claim remains and stays visible."""
    item = _owing(ground, command.invoice_number)
    amount = item.open_minor if command.amount_minor is None else command.amount_minor
    if not 0 < amount <= item.open_minor:
        raise DecisionRefused(f"Invoice {command.invoice_number} owes {Money(item.open_minor, item.currency)}.")
    share = Share(amount, item.tax_rate_basis_points)
    entry = write_off_entry(ground.scene(item.currency), share, item.debtor_number, command.invoice_number)
    effect = _effect(ground, item, amount, [entry], {share.rate})
    effect.notes.append("the claim itself remains: a later payment is booked as recovered")
    effect.payload = {"invoices": [command.invoice_number], "amount": amount}
    return effect


def small_difference(ground: Ground, command: SmallDifference) -> Effect:
    """Clears a small rest within the limits per item and per debtor and year; what is more is a write-off."""
    if bool(command.invoice_number) == bool(command.debtor_number):
        raise DecisionRefused("Name either an invoice that lacks a little or a debtor with a little credit.")
    if command.debtor_number:
        return _small_credit(ground, command.debtor_number)
    item = _owing(ground, command.invoice_number)
    gap = item.open_minor
    if gap <= 0:
        raise DecisionRefused(f"Invoice {command.invoice_number} owes nothing.")
    _refuse_beyond(ground, item.debtor_number, item.currency, gap, f"invoice {command.invoice_number}")
    share = Share(gap, item.tax_rate_basis_points)
    entry = small_difference_entry(
        ground.scene(item.currency), 0, share, item.debtor_number, command.invoice_number
    )  # fmt: skip
    effect = _effect(ground, item, gap, [entry], {share.rate})
    effect.payload = {"invoices": [command.invoice_number], "amount": gap}
    return effect


def _small_credit(ground: Ground, debtor: str) -> Effect:
    pools = [pool for pool in ground.work.operations.pools(debtor) if pool.minor > 0]
    currencies = {pool.currency for pool in pools}
    if len(currencies) != 1:
        raise DecisionRefused(f"Debtor {debtor} has credit in {len(currencies)} currencies; none can be cleared.")
    (currency,) = currencies
    total = sum(pool.minor for pool in pools)
    _refuse_beyond(ground, debtor, currency, -total, f"the account of debtor {debtor}")
    entries = [
        small_difference_entry(
            ground.scene(currency), number, Share(-pool.minor, None), debtor, "", (pool.transaction_id, pool.account)
        )
        for number, pool in enumerate(pools)
    ]
    return Effect(
        ("debtor", debtor), currency, total, debtor_number=debtor, entries=entries,
        payload={"invoices": [], "debtor": debtor, "amount": -total},
    )  # fmt: skip


def _refuse_beyond(ground: Ground, debtor: str, currency: str, gap: int, where: str) -> None:
    year = ground.work.operations.small_differences([debtor], ground.as_of.year)
    why = ground.limits.refusal(gap, year.get((debtor, currency), (0, 0)))
    if why:
        raise DecisionRefused(f"The difference on {where} may not be cleared: {why}. Write it off instead.")


def charge(ground: Ground, command: Charge) -> Effect:
    """A fee or interest becomes a claim of its own, without VAT (damages), due at once. No fee on fees."""
    known = CHARGES.get(command.kind)
    if known is None:
        raise DecisionRefused(f'"{command.kind}" is no charge; known are {", ".join(sorted(CHARGES))}.')
    item = ground.item(command.invoice_number)
    facts = ground.work.operations.facts([command.invoice_number])[command.invoice_number]
    if facts.document_type != DocumentType.INVOICE or item.status != ItemStatus.OPEN:
        raise DecisionRefused(f"Invoice {command.invoice_number} is cancelled or no invoice: nothing is charged on it.")
    if command.amount_minor <= 0:
        raise DecisionRefused("A charge is an amount above zero.")
    letter, role = known
    number = _free_number(ground, f"{command.invoice_number}-{letter}")
    entry = charge_entry(ground.scene(item.currency), role, command.amount_minor, item.debtor_number, number)
    effect = _effect(ground, item, command.amount_minor, [entry], set())
    effect.claim = Receivable(
        number, item.debtor_number, command.amount_minor, command.amount_minor, item.currency, ground.as_of,
        ground.as_of, DocumentType.FEE, payment_method="transfer", tax_rate_basis_points=0,
    )  # fmt: skip
    effect.claim_kind = (command.kind, command.invoice_number)
    effect.payload = {"invoices": [command.invoice_number], "claim": number, "kind": command.kind,
                      "amount": command.amount_minor}  # fmt: skip
    return effect


def _free_number(ground: Ground, stem: str) -> str:
    count = 1
    while ground.work.journal.open_items([f"{stem}{count}"]):
        count += 1
    return f"{stem}{count}"


def _owing(ground: Ground, invoice_number: str) -> OpenItem:
    item = ground.item(invoice_number)
    if item.status != ItemStatus.OPEN:
        raise DecisionRefused(f"Invoice {invoice_number} is cancelled: nothing is owed on it.")
    if item.amount_minor <= 0:
        raise DecisionRefused(f"{invoice_number} is a credit note: nothing is owed on it.")
    return item


def _shares(command: Credit, item: OpenItem, left: int) -> list[Share]:
    if not command.positions:
        amount = left if command.amount_minor is None else command.amount_minor
        return [Share(amount, item.tax_rate_basis_points)]
    if any(one.gross_minor <= 0 for one in command.positions):
        raise DecisionRefused("Every position of a credit note is an amount above zero.")
    sums: dict[int | None, int] = defaultdict(int)
    for one in command.positions:
        sums[item.tax_rate_basis_points if one.tax_rate is None else one.tax_rate] += one.gross_minor
    if command.amount_minor is not None and command.amount_minor != sum(sums.values()):
        raise DecisionRefused("The positions do not add up to the amount.")
    return [Share(gross, rate) for rate, gross in sorted(sums.items(), key=lambda pair: -(pair[0] or 0))]


def _effect(ground: Ground, item: OpenItem, amount: int, entries: list[JournalEntry], rates: set[int | None]) -> Effect:
    found = [rate_finding(ground.chart, item.invoice_number, rate) for rate in sorted(rates, key=lambda r: r or 0)]
    return Effect(
        ("item", item.invoice_number), item.currency, amount, invoice_number=item.invoice_number,
        debtor_number=item.debtor_number, entries=entries, findings=[one for one in found if one],
    )  # fmt: skip
