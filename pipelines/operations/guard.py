"""What no operation may do, whatever it is: spend money twice, settle beyond a claim, overdraw a debtor's account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pipelines.entries import within
from pipelines.errors import DecisionRefused
from pipelines.model.ledger import Allocation, JournalEntry
from pipelines.model.money import Money
from pipelines.model.proposal import AllocationKind
from pipelines.model.receivable import ItemStatus
from pipelines.operations.effect import Balance, Effect
from pipelines.ports.work import Work


def balances(work: Work, effect: Effect) -> list[Balance]:
    """What changes, item by item, account by account, payment by payment. Raises DecisionRefused."""
    moved = [a for entry in effect.entries for a in entry.allocations]
    return [
        *_items(work, moved, effect.entries),
        *_accounts(work, moved, effect),
        *_payments(work, moved),
    ]


def _items(work: Work, moved: Iterable[Allocation], entries: Iterable[JournalEntry]) -> list[Balance]:
    changes: dict[str, int] = defaultdict(int)
    for a in moved:
        if a.invoice_number:
            changes[a.invoice_number] += a.amount_minor
    items = work.journal.open_items(list(changes)) if changes else {}
    told = []
    for number, change in sorted(changes.items()):
        item = items.get(number)
        if item is None:
            raise DecisionRefused(f"Invoice {number} is unknown; load the receivables first.")
        settled = item.settled_elsewhere_minor + item.allocated_minor
        after = settled + change
        lower, upper = sorted((0, item.amount_minor))
        outside = abs(after - min(max(after, lower), upper)) > abs(settled - min(max(settled, lower), upper))
        if outside:
            raise DecisionRefused(f"Invoice {number} does not owe that much any more.")
        cancelled = item.status == ItemStatus.CANCELLED
        old, new = (0, 0) if cancelled else (item.open_minor, item.open_minor - change)
        told.append(Balance("item", number, item.debtor_number, item.currency, old, new - old, new))
    return told


def _accounts(work: Work, moved: Iterable[Allocation], effect: Effect) -> list[Balance]:
    changes: dict[str, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    for a in moved:
        if a.invoice_number or not a.debtor_number or a.kind in (AllocationKind.FEE, AllocationKind.REFUND):
            continue
        changes[a.debtor_number][a.transaction_id, a.currency] += a.amount_minor
    for payment, minor in effect.sources.items():
        changes[effect.debtor_number][payment, effect.currency] -= minor
    told = []
    for debtor, by_payment in sorted(changes.items()):
        gains = any(change > 0 for change in by_payment.values())
        advance = "prepayment_rate" in effect.payload  # who pays in advance may have no invoice yet
        if gains and not advance and not work.debtors.is_known(debtor):
            raise DecisionRefused(
                f"Debtor {debtor} is unknown; see: kontoklar debtor search, or add it: kontoklar debtor add."
            )
        pools = {(pool.transaction_id, pool.currency): pool.minor for pool in work.operations.pools(debtor)}
        for (payment, currency), change in by_payment.items():
            if change < 0 and pools.get((payment, currency), 0) + change < 0:
                free = Money(max(pools.get((payment, currency), 0), 0), currency)
                raise DecisionRefused(
                    f"The account of debtor {debtor} does not have that much any more: {free} is left of it. "
                    "Undo first what was done with it."
                )
        for currency in sorted({currency for _, currency in by_payment}):
            old = sum(minor for (_, other), minor in pools.items() if other == currency)
            change = sum(minor for (_, other), minor in by_payment.items() if other == currency)
            if change:
                told.append(Balance("account", debtor, debtor, currency, old, change, old + change))
    return told


def _payments(work: Work, moved: Iterable[Allocation]) -> list[Balance]:
    changes: dict[str, int] = defaultdict(int)
    for a in moved:
        if a.transaction_id:
            changes[a.transaction_id] += a.cash_minor
    changes = {key: change for key, change in changes.items() if change}
    cash = work.journal.cash(list(changes)) if changes else {}
    told = []
    for key, change in sorted(changes.items()):
        position = cash.get(key)
        if position is None:
            raise DecisionRefused(f"Transaction {key} is unknown, or its statement is held.")
        rest = position.rest_minor
        if not within(rest - change, position.amount_minor):
            raise DecisionRefused(f"Transaction {key} does not have that much unallocated money.")
        told.append(Balance("payment", key, "", position.currency, rest, -change, rest - change))
    return told
