"""What is unusual and yet clear: a debtor who pays for another one, a discount that was not due, a namesake."""

from __future__ import annotations

from pipelines.matching.amounts import Line
from pipelines.matching.batch import Batch
from pipelines.model.proposal import AllocationKind


def owes_the_same(batch: Batch, receipt: int) -> bool:
    """Whether the debtors this account belongs to have, or had, an item of this amount themselves: then the number in
    the text may be a slip, and the payment their own."""
    items, cents = batch.items, batch.amounts[receipt]
    for owner, _ in items.by_iban(batch.ibans()[receipt]):
        own = items.items_of(owner)
        if bool(((items.amount[own] == cents) | (items.open_minor[own] == cents)).any()):
            return True
    return False


def namesake(batch: Batch, receipt: int, debtor: int) -> bool:
    """Whether the payer's name merely resembles this debtor's and is to the letter another one's."""
    names = batch.items.names
    return any(
        names.compare(name, debtor)[0] in {"full", "close"} and names.borne_by_another(name, debtor)
        for name in batch.payers(receipt)
    )


def without_discount(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The same payment as part payments: what was paid counts, the discount stays open."""
    return tuple(
        Line(line.row, line.cash, line.cash, AllocationKind.PARTIAL)
        for line in lines
        if line.kind is not AllocationKind.CASH_DISCOUNT
    )
